import type { Terminal } from './terminal.js'

/** A command of `nest-jwt-auth`, such as `secret` or `token inspect`. */
export interface Command {
  /** The words that call it. */
  readonly name: string
  /** What it does, in one sentence. */
  readonly summary: string
  /** How it is called: its arguments and options, one a line. */
  readonly usage: string
  /** Resolves to the exit code: 0 where all is well, 1 where it found something, 2 where it was called wrongly. */
  run(args: readonly string[], terminal: Terminal): Promise<ExitCode>
}

export type ExitCode = 0 | 1 | 2

/** A call that cannot be carried out, with what to do instead. Printed without a stack; the exit code is 2. */
export class CommandError extends Error {
  override readonly name = 'CommandError'
}
