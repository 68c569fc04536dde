import type { FastifyInstance } from 'fastify'
import { Problem } from '../problem.ts'
import { docsRoutes } from './docs.ts'

interface Options {
  /** The server of the emulated API. */
  api: FastifyInstance
  /** Whether there is a control plane, and whether it has a port of its own. */
  control: 'none' | 'beside' | 'apart'
}

/** What a person opens in a browser. */
export async function pages(scope: FastifyInstance, { api, control }: Options): Promise<void> {
  docsRoutes(scope, { api, control: control !== 'none' })
  if (control === 'none') return
  // Few open the inspector, and every server would pay for it at its start: it is loaded when it is asked for.
  scope.get('/', async (request, reply) => {
    const { inspectorPage } = await import('./inspector.ts')
    return inspectorPage(request, reply, { api: control === 'apart' ? api : undefined })
  })
  scope.get<{ Params: { file: string } }>('/inspector/:file', { exposeHeadRoute: false }, async (request, reply) => {
    const { inspectorFile } = await import('./inspector.ts')
    const sent = inspectorFile(request.params.file, request, reply)
    if (!sent) throw new Problem('not_found', 'The inspector has no such file')
    return sent
  })
}
