import { nearestName } from './arguments/nearest-name.js'
import { errorStack } from './app/error-stack.js'
import { type Command, CommandError, type ExitCode } from './command.js'
import { commands } from './commands.js'
import type { Terminal } from './terminal.js'
import { version } from './version.js'

/** Runs the command that `args` call. Prints the stack of an error that is a mistake of this package. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => word === args[index]))
  if (command === undefined) return answerWithoutCommand(args, terminal)
  const rest = args.slice(command.name.split(' ').length)
  if (asksForHelp(rest)) {
    terminal.print(`${command.summary}\n\n${command.usage}`)
    return 0
  }
  try {
    return await command.run(rest, terminal)
  } catch (error) {
    terminal.warn(textOf(error))
    return 2
  }
}

function answerWithoutCommand(args: readonly string[], terminal: Terminal): ExitCode {
  const [first] = args
  if (first === '--version' || first === '-v') {
    terminal.print(version())
    return 0
  }
  const group = commands.filter(({ name }) => name.startsWith(`${first} `))
  if (args.length === 0 || asksForHelp(args) || first === 'help') {
    terminal.print(helpOf(group.length > 0 ? group : commands))
    return 0
  }
  if (group.length > 0 && args.length === 1) {
    terminal.warn(helpOf(group))
    return 2
  }
  const words = args.slice(0, group.length > 0 ? 2 : 1).join(' ')
  const nearest = nearestName(words, commands.map(({ name }) => name)) // prettier-ignore
  // Anything else is not repeated: it may be a token or a secret that got into the wrong place.
  const shown = nearest?.isTypo === true ? `There is no command ${words}.` : 'There is no such command.'
  const advice = nearest === undefined ? '' : ` Did you mean ${nearest.name}?`
  terminal.warn(`${shown}${advice} See nest-jwt-auth --help.`)
  return 2
}

const asksForHelp = (args: readonly string[]): boolean => {
  const end = args.indexOf('--')
  const options = new Set(end === -1 ? args : args.slice(0, end))
  return options.has('--help') || options.has('-h')
}

function textOf(error: unknown): string {
  if (error instanceof CommandError) return error.message
  return errorStack(error)
}

function helpOf(listed: readonly Command[]): string {
  const width = Math.max(...listed.map(({ name }) => name.length))
  const lines = listed.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return [
    'nest-jwt-auth <command> [options]',
    '',
    ...lines,
    '',
    'Each command explains itself with --help. Exit codes: 0 all is well, 1 something was found or refused, 2 the call failed.',
  ].join('\n')
}
