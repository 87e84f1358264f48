import type { Terminal } from './terminal.js'

/** The terminal of this process. */
export interface ProcessTerminal extends Terminal {
  /** Resolves when everything has been handed to the operating system. */
  written(): Promise<void>
}

/**
 * The standard output gets nothing but what a command prints: what an app prints while it is open goes to the standard error. A reader
 * that is gone, as after `| head`, is no failure.
 */
export function processTerminal(): ProcessTerminal {
  const { stdin, stdout, stderr } = process
  const toStdout = stdout.write.bind(stdout)
  for (const stream of [stdout, stderr]) stream.on('error', ignoreClosedPipe)
  stdout.write = stderr.write.bind(stderr)
  return {
    cwd: process.cwd(),
    env: process.env,
    input: stdin.isTTY ? undefined : stdin,
    print: (line) => void toStdout(`${line}\n`),
    warn: (line) => void stderr.write(`${line}\n`),
    written: async () => {
      await new Promise<void>((resolve) => void toStdout('', () => resolve()))
      await new Promise<void>((resolve) => void stderr.write('', () => resolve()))
    },
  }
}

function ignoreClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPIPE' && error.code !== 'EOF') throw error
}
