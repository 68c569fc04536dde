import { html, useState } from './preact.js'

/** Browsers give their clipboard to pages of loopback and https only. @param {string} text */
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    const field = document.createElement('textarea')
    field.value = text
    // Inside of a dialog nothing outside of it can be selected.
    const place = document.activeElement?.parentElement ?? document.body
    place.append(field)
    field.select()
    document.execCommand('copy')
    field.remove()
  }
}

/** A button that copies a text, and says so. @param {{ label: string, text: () => string }} props */
export function Copy({ label, text }) {
  const [done, setDone] = useState(false)
  const onClick = async () => {
    await copy(text())
    setDone(true)
    setTimeout(() => setDone(false), 1_500)
  }
  return html`<button type="button" onClick=${onClick}>${done ? 'Copied' : label}</button>`
}
