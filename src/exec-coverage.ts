import { writeFileSync } from 'node:fs'
import { coverageHtml, coverageText } from './reports/coverage.ts'
import type { Coverage } from './schemas/coverage.ts'

interface Options {
  /** The least percentage with which the run is a success. */
  min: number | undefined
  /** File for the page. */
  report: string | undefined
  err: NodeJS.WritableStream
}

/**
 * Tells what a suite has shown of the contract.
 * @returns 1 where that is too little, or where the page cannot be written; else 0
 */
export function tellCoverage(coverage: Coverage, { min = 0, report, err }: Options): 0 | 1 {
  err.write(`\n${coverageText(coverage)}`)
  if (coverage.rules.every(({ situations }) => situations.every(({ count }) => count === 0))) {
    err.write('\nNo request came: does the command send its requests to TOPCALLS_BASE_URL?\n')
  }
  let code: 0 | 1 = 0
  if (report !== undefined) {
    try {
      writeFileSync(report, coverageHtml(coverage))
    } catch (error) {
      err.write(`\nfake-topcalls: ${report} cannot be written: ${(error as NodeJS.ErrnoException).code}.\n`)
      code = 1
    }
  }
  if (coverage.percent < min) {
    const sentence = `the suite covers ${coverage.percent} % of the contract, less than the ${min} % of --min.`
    err.write(`\nfake-topcalls: ${sentence}\n`)
    code = 1
  }
  return code
}
