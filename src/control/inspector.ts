import { existsSync, readFileSync } from 'node:fs'
import { gzipSync } from 'node:zlib'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'

// Loaded when it is asked for. It shares no module with the rest, since those would be files of their own in the built program,
// which each start then reads.

/** Nothing from elsewhere, nothing inline, and no text that becomes markup. */
const policyOfPage = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "img-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'"
].join('; ')

/** For whatever is no page. */
const policyOfFiles = "default-src 'none'; frame-ancestors 'none'"

const types = {
  html: 'text/html; charset=utf-8',
  css: 'text/css; charset=utf-8',
  js: 'text/javascript; charset=utf-8',
  svg: 'image/svg+xml',
  md: 'text/plain; charset=utf-8'
} as const

/** Every file of the page, and the ledger that it names. */
export const inspectorFiles = [
  'index.html',
  'icon.svg',
  'base.css',
  'frame.css',
  'list.css',
  'detail.css',
  'retries.css',
  'views.css',
  'narrow.css',
  'app.js',
  'clipboard.js',
  'contract.js',
  'control.js',
  'controls.js',
  'detail.js',
  'grid.js',
  'help.js',
  'journal.js',
  'json.js',
  'list.js',
  'overview.js',
  'parts.js',
  'preact.js',
  'retries.js',
  'search.js',
  'stream.js',
  'text.js',
  'threads.js',
  'fidelity.md'
] as const

interface Options {
  /** The server of the emulated API, where the control plane has a port of its own. */
  api: FastifyInstance | undefined
}

/**
 * The page that shows what arrives. It holds nothing of anybody, so it is given without a token; what it shows it asks the
 * control plane for, and brings the token there.
 */
export function inspectorPage(request: FastifyRequest, reply: FastifyReply, { api }: Options) {
  // The page's own addresses are relative: somebody may have published the server below another path.
  if (!/^[^?]*\/(?:\?|$)/.test(request.url)) return reply.redirect('_topcalls/')
  const page = readFileSync(addressOf('index.html'), 'utf8')
  const told = page.replace('data-api-port=""', `data-api-port="${portOf(api)}"`)
  return send(request, reply, { type: types.html, text: told, policy: policyOfPage })
}

/** A file that the page asks for; undefined where there is none of this name. */
export function inspectorFile(name: string, request: FastifyRequest, reply: FastifyReply) {
  const known = inspectorFiles.find(one => one === name && one !== 'index.html')
  return (
    known && send(request, reply, { type: typeOf(known), text: readFileSync(addressOf(known)), policy: policyOfFiles })
  )
}

interface Sent {
  type: string
  text: Buffer | string
  policy: string
}

/** Sends a text, compressed for who takes that: some watch a server that is far away. */
function send({ headers }: FastifyRequest, reply: FastifyReply, { type, text, policy }: Sent) {
  reply.type(type).headers({
    'content-security-policy': policy,
    'cross-origin-resource-policy': 'same-origin',
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'cache-control': 'no-cache',
    vary: 'accept-encoding'
  })
  if (!/\bgzip\b/.test(String(headers['accept-encoding']))) return reply.send(text)
  return reply.header('content-encoding', 'gzip').send(gzipSync(text))
}

const typeOf = (name: string) => types[name.slice(name.lastIndexOf('.') + 1) as keyof typeof types]

/** The port of the emulated API, which the page tells in its lines for curl; empty where both share one. */
function portOf(api: FastifyInstance | undefined): string {
  const address = api?.server.address()
  return typeof address === 'object' && address ? String(address.port) : ''
}

/** Beside the built program; of the sources, one folder up. */
const builtFolder = new URL('./inspector/', import.meta.url)
const isBuilt = () => existsSync(new URL('index.html', builtFolder))

export function addressOf(name: string): URL {
  if (isBuilt()) return new URL(name, builtFolder)
  // The build puts these beside the others.
  if (name === 'preact.js') return new URL('standalone.module.js', import.meta.resolve('htm/preact/standalone'))
  if (name === 'fidelity.md') return new URL('../../docs/fidelity.md', import.meta.url)
  return new URL(name, new URL('../inspector/', import.meta.url))
}
