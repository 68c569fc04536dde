import { crc32, deflateSync, inflateSync } from 'node:zlib'

// Makes a screenshot of Chromium half as large: 256 colours, the most frequent ones, in the place of 24 bits per dot.

const signature = 8
const mostColours = 256
const distanceOf = (a: number, b: number) =>
  Math.abs((a >> 16) - (b >> 16)) + Math.abs(((a >> 8) & 255) - ((b >> 8) & 255)) + Math.abs((a & 255) - (b & 255))

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

function* chunksOf(png: Buffer): Generator<{ type: string; data: Buffer }> {
  for (let at = signature; at < png.length; ) {
    const length = png.readUInt32BE(at)
    yield { type: png.toString('latin1', at + 4, at + 8), data: png.subarray(at + 8, at + 8 + length) }
    at += 12 + length
  }
}

/** The prediction of a filter of PNG, from the bytes to the left, above, and above to the left. */
function predicted(filter: number, left: number, above: number, corner: number): number {
  if (filter === 1) return left
  if (filter === 2) return above
  if (filter === 3) return (left + above) >> 1
  if (filter === 0) return 0
  const [a, b, c] = [Math.abs(above - corner), Math.abs(left - corner), Math.abs(left + above - 2 * corner)]
  return a <= b && a <= c ? left : b <= c ? above : corner
}

/** The colours of a picture of 8 bits per channel without transparency, row by row. */
function decoded(png: Buffer) {
  const chunks = [...chunksOf(png)]
  const head = chunks.find(({ type }) => type === 'IHDR')?.data ?? Buffer.alloc(13)
  const [width, height] = [head.readUInt32BE(0), head.readUInt32BE(4)]
  const bytes = inflateSync(Buffer.concat(chunks.filter(({ type }) => type === 'IDAT').map(({ data }) => data)))
  const stride = width * 3
  const plain = Buffer.alloc(stride * height)
  const at = (x: number, y: number) => (x < 0 || y < 0 ? 0 : (plain[y * stride + x] ?? 0))
  for (let y = 0; y < height; y++) {
    const filter = bytes[y * (stride + 1)] ?? 0
    for (let x = 0; x < stride; x++) {
      const value = bytes[y * (stride + 1) + 1 + x] ?? 0
      plain[y * stride + x] = value + predicted(filter, at(x - 3, y), at(x, y - 1), x < 3 ? 0 : at(x - 3, y - 1))
    }
  }
  const colours = Array.from({ length: width * height }, (_, dot) => plain.readUIntBE(dot * 3, 3))
  return { width, height, colours }
}

/** The same picture in at most 256 colours. */
export function reduced(png: Buffer): Buffer {
  const { width, height, colours } = decoded(png)
  const counts = new Map<number, number>()
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1)
  const palette = [...counts]
    .sort(([, a], [, b]) => b - a)
    .slice(0, mostColours)
    .map(([colour]) => colour)
  const nearest = (colour: number) =>
    palette.reduce(
      (best, one, index) => (distanceOf(one, colour) < distanceOf(palette[best] ?? 0, colour) ? index : best),
      0
    )
  const indexes = new Map([...counts.keys()].map(colour => [colour, nearest(colour)]))

  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 3, 0, 0, 0])
  head.writeUInt32BE(width, 0)
  head.writeUInt32BE(height, 4)
  const rows = Buffer.alloc((width + 1) * height)
  for (const [dot, colour] of colours.entries()) {
    rows[Math.floor(dot / width) * (width + 1) + 1 + (dot % width)] = indexes.get(colour) ?? 0
  }
  const colourTable = Buffer.concat(
    palette.map(colour => Buffer.from([colour >> 16, (colour >> 8) & 255, colour & 255]))
  )
  return Buffer.concat([
    png.subarray(0, signature),
    chunk('IHDR', head),
    chunk('PLTE', colourTable),
    chunk('IDAT', deflateSync(rows, { level: 9 })),
    chunk('IEND', Buffer.alloc(0))
  ])
}
