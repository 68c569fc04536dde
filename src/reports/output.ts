import { accessSync, constants, existsSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { Failure } from '../failure.ts'

/**
 * Looks beforehand whether a file can be written, so that a long run is not for nothing.
 * @throws {Failure} that names the file
 */
export function checkWritable(file: string): void {
  attempt(file, () => accessSync(existsSync(file) ? file : dirname(file), constants.W_OK))
}

/** @throws {Failure} that names the file */
export function writeOutput(file: string, text: string): void {
  attempt(file, () => writeFileSync(file, text))
}

function attempt(file: string, work: () => void): void {
  try {
    work()
  } catch (error) {
    throw new Failure(`${file} cannot be written: ${(error as NodeJS.ErrnoException).code}.`)
  }
}
