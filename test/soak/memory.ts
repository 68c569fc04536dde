import { existsSync, readFileSync } from 'node:fs'

/** The resident memory of a process in MiB, where the system tells it; 0 elsewhere. */
export function residentMebibytes(pid: number | undefined): number {
  const file = `/proc/${pid}/status`
  if (!existsSync(file)) return 0
  return Math.round(Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(file, 'utf8'))?.[1]) / 1_024)
}
