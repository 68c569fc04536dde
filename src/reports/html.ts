import { visible } from './text.ts'

/** A piece of HTML. Text becomes one through `html` only, so that nothing that a server or a client sent is markup. */
export class Html {
  readonly markup: string

  constructor(markup: string) {
    this.markup = markup
  }
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped(text: string): string {
  return visible(text).replace(/[&<>"']/g, character => entities[character] ?? '')
}

type Value = Html | string | number | undefined | false | Value[]

const markupOf = (value: Value): string =>
  Array.isArray(value)
    ? value.map(markupOf).join('')
    : value instanceof Html
      ? value.markup
      : value === undefined || value === false
        ? ''
        : escaped(String(value))

/** A template whose values are text unless they are HTML or lists of it; `undefined` and `false` are nothing. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Html {
  return new Html(String.raw({ raw: parts }, ...values.map(markupOf)))
}

// Colours with a contrast of 4.5 and more on their ground, in both schemes; meaning is never in the colour alone.
const style = `
:root { color-scheme: light dark; --ground: #fff; --ink: #1c2024; --faint: #5b6470; --line: #d9dde3; --panel: #f5f6f8;
  --good: #18702f; --bad: #b3211b; --skipped: #6a5300; --differs: #9a3c00; --link: #0b57b0 }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --ink: #e6e8eb; --faint: #a0a8b3; --line: #343a42;
  --panel: #1e2227; --good: #6bcf83; --bad: #ff8a80; --skipped: #e0bf5a;
  --differs: #ffb27a; --link: #7fb5ff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 72rem; padding: 1.5rem; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, sans-serif }
h1 { font-size: 1.5rem; margin: 0 0 .25rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem }
p { margin: .5rem 0 } .faint { color: var(--faint) }
a { color: var(--link) }
code, pre { font: 13px/1.45 ui-monospace, monospace } pre { background: var(--panel); padding: .75rem; overflow-x: auto;
  white-space: pre-wrap; overflow-wrap: anywhere }
.wide { overflow-x: auto } table { border-collapse: collapse; width: 100% }
th, td { text-align: left; vertical-align: top; padding: .4rem .75rem .4rem 0; border-bottom: 1px solid var(--line) }
th { font-weight: 600; color: var(--faint) } td.number, th.number { text-align: right; font-variant-numeric: tabular-nums }
.good { color: var(--good) } .bad { color: var(--bad) } .skipped { color: var(--skipped) }
.differs { color: var(--differs) } .good, .bad, .skipped, .differs { font-weight: 600; white-space: nowrap }
.verdict { white-space: normal; border-left: .25rem solid; padding: .25rem .75rem; font-size: 1.05rem }
.counts { display: flex; flex-wrap: wrap; gap: .25rem 1.5rem; list-style: none; margin: .75rem 0; padding: 0 }
.counts b { font-size: 1.25rem; font-variant-numeric: tabular-nums }
.note { border-left: .25rem solid var(--line); padding-left: .5rem; font-weight: 400 }
th p { margin: 0 0 .25rem } th p:first-child { color: var(--ink) } th p.faint { font-weight: 400 }
td, tbody th { overflow-wrap: anywhere } thead th, th[scope=row], td.word { white-space: nowrap }
td code { white-space: pre-wrap }
.columns { table-layout: fixed; min-width: 44rem } .columns .third { width: 36% } .columns .step { width: 14% }
:target { background: var(--panel) }
meter { width: 100%; height: 1rem }
details { border-bottom: 1px solid var(--line); padding: .4rem 0 } summary { cursor: pointer } td details { border: 0; padding: 0 }
`

/**
 * A page in one file: no script, no network, light or dark as the reader's system has it.
 * @param title text of the window and of the heading
 */
export function page(title: string, content: Html): string {
  const policy = "default-src 'none'; style-src 'unsafe-inline'"
  return html`<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${title}</title>
<style>${new Html(style)}</style>
<main>
<h1>${title}</h1>
${content}
</main>
</html>
`.markup
}
