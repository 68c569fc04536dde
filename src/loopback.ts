import { isIP } from 'node:net'

/** Whether a name always means this machine (RFC 6761, section 6.3). */
export function isLoopbackName(name: string): boolean {
  return name === 'localhost' || name.endsWith('.localhost')
}

/** The name or address of a URL's host, as sockets take it: without brackets. */
export const hostnameOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$/g, '')

/** Whether a URL leads to this machine only. */
export const isLoopbackUrl = (url: string): boolean => isLoopbackAddress(hostnameOf(url))

/** Whether an address can be reached from this machine only. */
export function isLoopbackAddress(host: string): boolean {
  return isLoopbackName(host) || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}
