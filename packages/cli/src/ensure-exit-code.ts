import { writeSync } from 'node:fs'
import type { ExitCode } from './command.js'

/** Node ends a process with this. `process.exit` calls it as a member, so that it can be replaced. */
type ReallyExit = (code?: number) => never

const CUT_SHORT =
  'The process ended before the command did, so nothing is known. Does the app call process.exit() when it is loaded, ' +
  'started or closed? A command that checks the app must be able to finish.\n'

/**
 * Makes this process end with the code that the returned function was called with, whatever code the app gives to
 * `process.exit` or `process.exitCode`, then or in a listener of its own. If the process ends before, the code is 2: an app
 * that exits with 0 while it is loaded must not pass a check.
 */
export function ensureExitCode(): (code: ExitCode) => never {
  const exit = process.exit.bind(process)
  const reallyExit = (Reflect.get(process, 'reallyExit') as ReallyExit).bind(process)
  let result: ExitCode | undefined
  const end = (): ExitCode => {
    if (result === undefined) say(CUT_SHORT)
    result ??= 2
    return result
  }
  Reflect.set(process, 'reallyExit', () => reallyExit(end()))
  // Where nothing keeps the process alive any more, Node ends it without process.exit.
  process.on('exit', () => {
    if (result === undefined) exit(end())
  })
  return (code) => {
    result ??= code
    return exit(result)
  }
}

/** Immediately, for the process is about to end. */
function say(text: string): void {
  try {
    writeSync(process.stderr.fd, text)
  } catch {
    // Nobody reads it; the code says enough.
  }
}
