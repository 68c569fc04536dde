import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { constants } from 'node:os'
import { Failure } from './failure.ts'
import { takeOver } from './signals.ts'

/** The signals that a terminal or a runner ends a program with. */
const passedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const

/**
 * Runs a command to its end with the terminal of this process, and passes signals on to it.
 * @param variables what its environment has besides that of this process; undefined for what it must not have
 * @returns its exit code; 128 and the number of the signal where one ended it, as shells say
 * @throws {Failure} with 127 or 126, as shells say, where the command is missing or cannot be run
 */
export async function runProgram(
  [command = '', ...args]: string[],
  variables: Record<string, string | undefined>
): Promise<number> {
  let child: ChildProcess | undefined
  const forward = (signal: NodeJS.Signals) => {
    // A terminal has sent Ctrl-C to the whole group already.
    if (signal !== 'SIGINT' || !process.stdin.isTTY) child?.kill(signal)
  }
  for (const signal of passedOn) takeOver(signal, forward)
  try {
    child = spawn(command, args, {
      stdio: 'inherit',
      env: { ...process.env, ...variables },
      // npm and its like are batch files there.
      shell: process.platform === 'win32'
    })
    const [code, signal] = await once(child, 'exit')
    return code ?? 128 + constants.signals[signal as NodeJS.Signals]
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    const found = code !== 'ENOENT'
    throw new Failure(`${command} ${found ? `cannot be run: ${code}` : 'was not found'}.`, found ? 126 : 127)
  } finally {
    for (const signal of passedOn) process.removeListener(signal, forward)
  }
}
