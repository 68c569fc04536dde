import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Size {
  row: string
  /** Megabytes on disk of the package and of all that it depends on; 0 where there is nothing to install. */
  installed: number
  /** How many packages that are. */
  packages: number
  /** Kilobytes of what npm downloads for the package itself; null where it is none. */
  packed: number | null
}

interface LockedPackage {
  dependencies?: Record<string, string>
  optionalDependencies?: Record<string, string>
  peerDependencies?: Record<string, string>
}

const root = join(import.meta.dirname, '..')

/** The size of each program as npm installs it on this machine, without what only its development needs. */
export function measureSizes(): Size[] {
  const ours = packed(root)
  const peer = (row: string, name: string): Size => {
    const found = installed(import.meta.dirname, [name])
    return { row, ...found, packed: packed(join(import.meta.dirname, 'node_modules', name)).size / 1e3 }
  }
  const dependencies = installed(
    root,
    Object.keys(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).dependencies)
  )
  return [
    { row: 'http', installed: 0, packages: 0, packed: null },
    { row: 'fastify', ...installed(root, ['fastify']), packed: null },
    {
      row: 'keyed',
      installed: dependencies.installed + ours.unpackedSize / 1e6,
      packages: dependencies.packages + 1,
      packed: ours.size / 1e3
    },
    { row: 'express', ...installed(import.meta.dirname, ['express']), packed: null },
    peer('prism', '@stoplight/prism-cli'),
    peer('mockoon', '@mockoon/cli')
  ]
}

function packed(folder: string): { size: number; unpackedSize: number } {
  const told = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: folder,
    encoding: 'utf8'
  })
  return JSON.parse(told)[0]
}

/** The size of some packages with all that they depend on, as the lock file says. */
function installed(folder: string, names: string[]): { installed: number; packages: number } {
  const { packages } = JSON.parse(readFileSync(join(folder, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, LockedPackage>
  }
  const found = new Set<string>()

  function add(name: string, neededBy: string): void {
    const place = placeOf(name, neededBy)
    // What is optional, for another platform or only for some, may be missing.
    if (place === undefined || found.has(place) || !existsSync(join(folder, place))) return
    found.add(place)
    const { dependencies, optionalDependencies, peerDependencies } = packages[place] ?? {}
    for (const needed in { ...dependencies, ...optionalDependencies, ...peerDependencies }) add(needed, place)
  }

  /** Node looks beside the package that asks, and then further up. */
  function placeOf(name: string, neededBy: string): string | undefined {
    for (let within = neededBy; ; within = within.slice(0, Math.max(0, within.lastIndexOf('node_modules') - 1))) {
      const place = [within, 'node_modules', name].filter(part => part !== '').join('/')
      if (packages[place]) return place
      if (within === '') return undefined
    }
  }

  for (const name of names) add(name, '')
  const bytes = [...found].reduce((sum, place) => sum + bytesOnDisk(join(folder, place)), 0)
  return { installed: bytes / 1e6, packages: found.size }
}

/** As `du` counts; packages within a package are counted by themselves. */
function bytesOnDisk(path: string): number {
  const status = lstatSync(path)
  const own = status.blocks * 512
  if (!status.isDirectory()) return own
  return readdirSync(path)
    .filter(name => name !== 'node_modules')
    .reduce((sum, name) => sum + bytesOnDisk(join(path, name)), own)
}
