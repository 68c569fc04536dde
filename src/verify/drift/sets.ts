// Node 22 has these as methods; the declarations of ES2024 do not.

export const isSubset = <Item>(one: Set<Item>, other: Set<Item>) => [...one].every(item => other.has(item))

export const without = <Item>(one: Set<Item>, other: Set<Item>) => new Set([...one].filter(item => !other.has(item)))

export const intersectionOf = <Item>(one: Set<Item>, other: Set<Item>) =>
  new Set([...one].filter(item => other.has(item)))

export const unionOf = <Item>(one: Set<Item>, other: Iterable<Item> = []) => new Set([...one, ...other])

/** Pairs what is the same, each once, and gives what is left of both. */
export function unmatched<Item>(theirs: Item[], ours: Item[], same: (a: Item, b: Item) => boolean): [Item[], Item[]] {
  const left = [...ours]
  const extra = theirs.filter(one => {
    const index = left.findIndex(other => same(one, other))
    if (index >= 0) left.splice(index, 1)
    return index < 0
  })
  return [extra, left]
}
