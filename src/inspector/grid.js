/** @import { Brief } from './types.ts' */
import { Account, marksOf, Outcome, Status } from './parts.js'
import { html, useLayoutEffect, useRef, useState } from './preact.js'
import { instant, milliseconds, timeOf, visible } from './text.js'

/** Heights of a row, which the style sheet has as well: on one line, and on two where there is little room. */
const heights = { wide: 28, narrow: 46 }
const narrowBelow = 640
const spareRows = 6

/** How many rows have come behind a number. @param {Brief[]} rows @param {number} last */
function countBehind(rows, last) {
  let count = 0
  while (count < rows.length && (rows[rows.length - 1 - count]?.number ?? 0) > last) count++
  return count
}

/** A list of any length, of which only what is seen is drawn. @param {{ rows: Brief[], about: string, at: string, open: (id: string) => void }} props */
export function Grid({ rows, about, at, open }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const [size, setSize] = useState({ width: 1_000, height: 600 })
  const [, draw] = useState(0)
  const place = useRef({ top: 0, last: 0, about, at: '' }).current
  const height = size.width < narrowBelow ? heights.narrow : heights.wide
  const room = size.height - heights.wide - height

  // What is read, or chosen and in sight, stays where it is while others come in above it.
  const added = countBehind(rows, place.last)
  const topOf = (/** @type {number} */ index) => (rows.length - 1 - index) * height
  const index = at ? rows.findLastIndex(({ id }) => id === at) : -1
  const before = topOf(index) - added * height
  const isSeen = index !== -1 && place.at === at && before >= place.top && before <= place.top + room
  if (place.about !== about) place.top = 0
  else if (place.top > 0 || isSeen) place.top += added * height
  if (index !== -1 && place.at !== at) {
    place.top = Math.min(topOf(index), Math.max(place.top, topOf(index) - room))
    place.at = at
  }
  // The oldest go at times, even from under the reader.
  place.top = Math.max(0, Math.min(place.top, rows.length * height - room))
  Object.assign(place, { about, last: rows.at(-1)?.number ?? 0 })

  useLayoutEffect(() => {
    if (box.current && Math.abs(box.current.scrollTop - place.top) > 1) box.current.scrollTop = place.top
  })
  useLayoutEffect(() => {
    if (!box.current) return
    const observer = new ResizeObserver(([entry]) => {
      // What is chosen comes into sight again.
      place.at = ''
      if (entry) setSize(entry.contentRect)
    })
    observer.observe(box.current)
    return () => observer.disconnect()
  }, [])

  const first = Math.max(0, Math.floor(place.top / height) - spareRows)
  const count = Math.ceil(size.height / height) + 2 * spareRows
  const seen = rows.slice(Math.max(0, rows.length - first - count), Math.max(0, rows.length - first)).reverse()
  const onScroll = (/** @type {{ currentTarget: HTMLElement }} */ { currentTarget }) => {
    place.top = currentTarget.scrollTop
    draw(place.top)
  }
  return html`
    <div id="requests" class=${`grid ${height === heights.narrow ? 'narrow' : ''}`} role="grid" tabindex="0" ref=${box}
      aria-label="Requests, newest first" aria-rowcount=${rows.length + 1} onScroll=${onScroll}
      aria-activedescendant=${seen.some(({ id }) => id === at) ? `row-${at}` : undefined}>
      <div class="row head" role="row" aria-rowindex="1">
        ${['Time (UTC)', 'Account', 'Request', 'Key', 'Status', 'Outcome', 'Duration', 'Marks'].map(
          name => html`<span role="columnheader">${name}</span>`
        )}
      </div>
      <div role="rowgroup" style=${{ height: `${rows.length * height}px` }}>
        <div role="presentation" style=${{ transform: `translateY(${first * height}px)` }}>
          ${seen.map(
            (entry, index) =>
              html`<${Row} key=${entry.number} entry=${entry} index=${first + index + 2} chosen=${entry.id === at} open=${open} />`
          )}
        </div>
      </div>
    </div>`
}

/** @param {{ entry: Brief, index: number, chosen: boolean, open: (id: string) => void }} props */
const Row = ({ entry, index, chosen, open }) => html`
  <div class="row" role="row" id=${`row-${entry.id}`} aria-rowindex=${index} aria-selected=${chosen}
    onClick=${() => open(entry.id)}>
    <span class="at" role="gridcell" title=${instant(entry.at)}>${timeOf(entry.at)}</span>
    <span class="who" role="gridcell"><${Account} id=${entry.account_id} /></span>
    <span class="what" role="gridcell"><b>${visible(entry.method)}</b> ${visible(entry.path)}</span>
    <span class="key" role="gridcell">${visible(entry.idempotency_key ?? '')}</span>
    <span class="status" role="gridcell"><${Status} entry=${entry} /></span>
    <span class="outcome" role="gridcell"><${Outcome} entry=${entry} /></span>
    <span class="took" role="gridcell">${milliseconds(entry.duration_ms)}</span>
    <span class="marks" role="gridcell">${marksOf(entry).join(' · ')}</span>
  </div>`
