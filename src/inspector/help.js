import { html, useEffect, useLayoutEffect, useRef } from './preact.js'

/** What the keys do at present. @type {Record<string, () => unknown>} */
let shortcuts = {}

/** Gives keys a meaning for as long as a view is there. @param {Record<string, () => unknown>} keys */
export function useKeys(keys) {
  // Before the next key comes: effects wait for a frame.
  useLayoutEffect(() => {
    shortcuts = keys
  })
  useEffect(
    () => () => {
      shortcuts = {}
    },
    []
  )
}

const writing = 'input, select, textarea'

/** @param {KeyboardEvent} event @param {() => void} showHelp */
export function onKey(event, showHelp) {
  const { key, ctrlKey, metaKey, altKey } = event
  const target = /** @type {HTMLElement} */ (event.target)
  if (ctrlKey || metaKey || altKey || document.querySelector('dialog[open]')) return
  if (target.closest(writing)) {
    if (key === 'Escape') target.blur()
    return
  }
  // Of a link or a button, Enter is its own.
  if (key === 'Enter' && target.closest('a, button, summary')) return
  const action = key === '?' ? showHelp : shortcuts[key]
  if (!action) return
  event.preventDefault()
  action()
}

const keys = {
  j: 'next, which is older',
  k: 'the one before, which is newer',
  Enter: 'open it',
  Esc: 'close it, or leave a field',
  '/': 'search',
  '?': 'this list'
}

/** @param {{ close: () => void }} props */
export function Help({ close }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null))
  useEffect(() => dialog.current?.showModal(), [])
  return html`
    <dialog ref=${dialog} onClose=${close} aria-labelledby="help-title">
      <h2 id="help-title">Keys</h2>
      <dl class="facts">${Object.entries(keys).map(([key, text]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${text}</dd></div>`)}</dl>
      <button type="button" onClick=${() => dialog.current?.close()}>Close</button>
    </dialog>`
}
