import { CommandError } from '../command.js'
import type { Terminal } from '../terminal.js'

/** Tokens and secrets are far shorter. */
const MAX_INPUT = 65_536

/** The token of an argument, or of the standard input if there is none or it is `-`. A leading `Bearer` is dropped. */
export async function readToken(argument: string | undefined, terminal: Terminal): Promise<string> {
  const text = argument === undefined || argument === '-' ? await readInput(terminal, 'the token') : argument
  const token = text.trim().replace(/^(authorization:\s*)?bearer(\s+|$)/i, '')
  if (token === '')
    throw new CommandError('There is no token. Pass it as an argument, or on the standard input.')
  return token
}

/** All of the standard input. `what` is what it should hold. Throws a `CommandError` where a person would have to type. */
export async function readInput({ input }: Terminal, what: string): Promise<string> {
  if (input === undefined) {
    throw new CommandError(`Nothing is on the standard input. Pipe ${what} into this command.`)
  }
  let text = ''
  for await (const chunk of input) {
    text += String(chunk)
    if (text.length > MAX_INPUT) throw new CommandError(`The standard input is too long for ${what}.`)
  }
  return text
}
