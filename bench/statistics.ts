/** What several rounds came to. */
export interface Summary {
  median: number
  lowest: number
  highest: number
}

export function median(numbers: number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const [low = Number.NaN, high = Number.NaN] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return (low + high) / 2
}

export function summary(numbers: number[]): Summary {
  return { median: median(numbers), lowest: Math.min(...numbers), highest: Math.max(...numbers) }
}

/** The median of what pairs of the same round came to: whatever the machine did to a round, it did to both. */
export function medianRatio(numbers: number[], base: number[]): number {
  return median(numbers.slice(0, base.length).map((number, round) => number / (base[round] ?? Number.NaN)))
}
