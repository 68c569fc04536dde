// These packages have no types of their own; this is the part that the benchmark uses.
declare module 'autocannon' {
  interface Result {
    duration: number
    requests: { total: number }
    latency: { p50: number; p99: number }
  }
  export default function autocannon(options: object): Promise<Result>
}

declare module 'express' {
  interface Request {
    body: Record<string, unknown> & { sip_gateway?: { ipv4?: unknown } }
    get(header: string): string | undefined
  }
  interface Response {
    status(status: number): Response
    set(header: string, value: string): Response
    json(body: object): Response
  }
  interface App {
    use(middleware: object): void
    post(path: string, handler: (request: Request, response: Response) => void): void
    listen(port: number, host: string): void
  }
  const express: { (): App; json(): object }
  export default express
}
