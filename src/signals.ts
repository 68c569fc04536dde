/** Hears a signal in the place of whoever heard it so far. Without a listener in between, so that none is lost. */
export function takeOver(signal: NodeJS.Signals, listener: (signal: NodeJS.Signals) => void): void {
  const earlier = process.listeners(signal)
  process.on(signal, listener)
  for (const one of earlier) process.removeListener(signal, one)
}
