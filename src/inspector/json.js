/** @import { VNode } from './types.ts' */
import { html } from './preact.js'
import { visible } from './text.js'

/** More lines than these nobody reads, and drawing them takes long. */
const mostLines = 2_000

/** @typedef {{ depth: number, name?: string, text: string, path: string, notes: string[] }} Line */

/**
 * A value as lines of JSON, with what is to be said of its members.
 * @param {unknown} value
 * @param {Map<string, string[]>} notes by dotted path
 */
export function linesOf(value, notes = new Map()) {
  /** @type {Line[]} */
  const lines = []
  /** @type {Map<string, Line>} */
  const places = new Map()

  /** @param {unknown} node @param {number} depth @param {string} path @param {string} end @param {string} [name] */
  function add(node, depth, path, end, name) {
    const isList = Array.isArray(node)
    /** @param {string} text */
    const put = text => {
      /** @type {Line} */
      const line = { depth, ...(name !== undefined && { name }), text, path, notes: [] }
      lines.push(line)
      if (!places.has(path)) places.set(path, line)
    }
    if (typeof node !== 'object' || node === null) return put(JSON.stringify(node) + end)
    const members = Object.entries(node)
    if (members.length === 0) return put((isList ? '[]' : '{}') + end)
    put(isList ? '[' : '{')
    for (const [index, [key, member]] of members.entries()) {
      const inner = path === '' ? key : `${path}.${key}`
      add(member, depth + 1, inner, index < members.length - 1 ? ',' : '', isList ? undefined : key)
    }
    lines.push({ depth, text: (isList ? ']' : '}') + end, path: '', notes: [] })
  }
  add(value, 0, '', '')

  for (const [path, texts] of notes) {
    const place = places.get(path)
    // A member that is missing is told of where it ought to be.
    const parent = places.get(path.slice(0, Math.max(0, path.lastIndexOf('.')))) ?? lines[0]
    if (place) place.notes.push(...texts)
    else parent?.notes.push(...texts.map(text => `${path} ${text}`))
  }
  return lines
}

/** @param {Line} line @returns {VNode} */
function row({ depth, name, text, notes }) {
  const key = name !== undefined && html`<span class="name">${visible(JSON.stringify(name))}</span>: `
  const code = html`<code style=${{ '--depth': depth }}>${key}${visible(text)}</code>`
  if (notes.length === 0) return html`<div>${code}</div>`
  return html`<div class="marked"><mark>${code}</mark>${notes.map(note => html`<p>${visible(note)}</p>`)}</div>`
}

/** @param {{ value: unknown, notes?: Map<string, string[]>, label: string }} props */
export function Json({ value, notes, label }) {
  const lines = linesOf(value, notes)
  const rest = lines.length - mostLines
  return html`
    <div class="json" role="group" aria-label=${label}>
      ${lines.slice(0, mostLines).map(row)}
      ${rest > 0 && html`<p class="faint">${rest} more lines</p>`}
    </div>`
}

/**
 * The members in which two values differ, the first value's and the second's.
 * @param {unknown} before @param {unknown} after
 */
export function diffOf(before, after) {
  const [first, second] = [leavesOf(before), leavesOf(after)]
  return [...new Set([...first.keys(), ...second.keys()])]
    .filter(path => first.get(path) !== second.get(path))
    .map(path => ({ path, before: first.get(path), after: second.get(path) }))
}

/** @param {unknown} value @param {string} [path] @param {Map<string, string>} [leaves] */
function leavesOf(value, path = '', leaves = new Map()) {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : []
  if (members.length === 0) leaves.set(path, JSON.stringify(value))
  for (const [key, member] of members) leavesOf(member, path === '' ? key : `${path}.${key}`, leaves)
  return leaves
}
