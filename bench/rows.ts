import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Carrier, carrierCreate } from '../src/topcalls/carrier.ts'
import type { RequestKind } from './request.ts'

export interface Row {
  name: string
  label: string
  /** The requests that it gets. */
  kind: RequestKind
  /** The status that it must answer all of them with. */
  status: 201 | 400
  /** Arguments of Node. */
  args(port: number): string[]
  /** Whether it stands for a program of its own, with a start and a footprint, and not only for another request. */
  program: boolean
}

const root = join(import.meta.dirname, '..')
export const openApiFile = join(root, 'openapi.yaml')

/** What everything else is held against. */
export const base = 'fastify'

/** The program with the flag that its first line, the image and `npm start` give to Node. */
const shipped = (program: string): string[] => ['--max-semi-space-size=4', program]

/** A row whose server has a file that is named. */
export function onFile(row: Row, program: string, file: string): Row {
  return { ...row, args: port => [...shipped(program), '--port', `${port}`, '--database', file] }
}

/**
 * Every row.
 * @param folder where they keep their files; each start gets a database file of its own
 * @param program the built fake-topcalls
 */
export function allRows(folder: string, program: string): Row[] {
  const script = (path: string) => join(import.meta.dirname, path)
  const schemas = join(folder, 'schemas.json')
  writeFileSync(schemas, JSON.stringify({ body: carrierCreate('inferred'), carrier: Carrier }))

  let files = 0
  const ours = (name: string, label: string, kind: RequestKind, rest: Partial<Row> = {}): Row => ({
    ...{ name, label: `fake-topcalls, ${label}`, kind, status: 201, program: false },
    args: port => [...shipped(program), '--port', `${port}`, '--database', join(folder, `${name}-${++files}.db`)],
    ...rest
  })
  const other = (name: string, label: string, args: Row['args']): Row => ({
    ...{ name, label, kind: 'keyed', status: 201, program: true },
    args
  })

  return [
    other('http', 'bare node:http, constant answer', port => [script('servers/bare-http.cjs'), `${port}`]),
    other(base, 'bare Fastify, same schemas, no storage', port => [
      script('servers/bare-fastify.js'),
      `${port}`,
      schemas
    ]),
    {
      ...other('sqlite', 'bare Fastify and SQLite, FULL, nothing else', port => [
        script('servers/fastify-sqlite.js'),
        `${port}`,
        schemas,
        join(folder, `sqlite-${++files}.db`)
      ]),
      program: false
    },
    ours('keyed', 'file, FULL, create with key', 'keyed', { program: true }),
    ours('plain', 'file, FULL, create without key', 'plain'),
    ours('replay', 'file, FULL, replay', 'replay'),
    ours('refused', 'file, FULL, refused (400)', 'refused', { status: 400 }),
    ours('memory', 'in memory, create with key', 'keyed', {
      program: true,
      args: port => [...shipped(program), '--port', `${port}`]
    }),
    other('express', 'Express and a map, one file by hand', port => [script('servers/express-map.js'), `${port}`]),
    other('prism', 'Prism, mock of openapi.yaml', port => [
      script('node_modules/@stoplight/prism-cli/dist/index.js'),
      ...['mock', '--host', '127.0.0.1', '--port', `${port}`, openApiFile]
    ]),
    other('mockoon', 'Mockoon CLI, mock of openapi.yaml', port => [
      script('node_modules/@mockoon/cli/bin/run.js'),
      ...['start', '--hostname', '127.0.0.1', '--port', `${port}`, '--data', openApiFile]
    ])
  ]
}
