#!/usr/bin/env -S node --max-semi-space-size=4
// The flag keeps V8 from letting short-lived objects pile up: half of the memory after 100 000 requests, for some CPU.
import { join } from 'node:path'
import { codeCache } from './code-cache.js'
import { preflight } from './preflight.js'

if (preflight()) {
  // Beside the program, where only those may write who may change it. Where it cannot be written, starts take longer.
  const { load, keep } = codeCache(__dirname, join(__dirname, '..', '.compile-cache'))
  const { main } = /** @type {typeof import('./cli.ts')} */ (load('cli.js'))
  main(keep)
}
