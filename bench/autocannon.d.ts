// The package has no types of its own; this is the part that the benchmark uses.
declare module 'autocannon' {
  interface Result {
    errors: number
    duration: number
    requests: { total: number }
    latency: { p50: number; p99: number }
    statusCodeStats: Record<string, { count: number } | undefined>
  }
  export default function autocannon(options: object): Promise<Result>
}
