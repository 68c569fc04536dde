import { buildApp } from '../app.ts'
import { compareDocuments, exitCodeOfDrift, readOpenApi, renderDrift } from './drift.ts'

/**
 * Compares a published OpenAPI document with ours and tells the changes.
 * @param file JSON or YAML
 * @returns the exit code: 0 without differences, 1 where something breaks clients, 3 for other differences
 * @throws {UsageError} where the file is no such document
 */
export async function verifyDocument(file: string, out: NodeJS.WritableStream): Promise<0 | 1 | 3> {
  const published = await readOpenApi(file)
  const app = await buildApp()
  const changes = compareDocuments(published, app.swagger())
  await app.close()
  out.write(renderDrift(changes))
  return exitCodeOfDrift(changes)
}
