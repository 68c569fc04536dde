import { coverageHtml, coverageText } from './reports/coverage.ts'
import { writeOutput } from './reports/output.ts'
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
 * @returns 1 where that is too little; else 0
 * @throws {Failure} where the page cannot be written
 */
export function tellCoverage(coverage: Coverage, { min = 0, report, err }: Options): 0 | 1 {
  err.write(`\n${coverageText(coverage)}`)
  if (coverage.rules.every(({ situations }) => situations.every(({ count }) => count === 0))) {
    err.write('\nNo request came: does the command send its requests to TOPCALLS_BASE_URL?\n')
  }
  const isEnough = coverage.percent >= min
  if (!isEnough) {
    const sentence = `the suite covers ${coverage.percent} % of the contract, less than the ${min} % of --min.`
    err.write(`\nfake-topcalls: ${sentence}\n`)
  }
  if (report !== undefined) writeOutput(report, coverageHtml(coverage))
  return isEnough ? 0 : 1
}
