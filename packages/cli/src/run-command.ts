import { CommandError, type ExitCode } from './command.js'
import { commands } from './commands.js'
import type { Terminal } from './terminal.js'

/** Runs the command that `args` call. */
export async function runCommand(args: readonly string[], terminal: Terminal): Promise<ExitCode> {
  const command = commands.find(({ name }) => name.split(' ').every((word, index) => word === args[index]))
  if (command === undefined) {
    terminal.warn(help())
    return args.length === 0 || args[0] === '--help' ? 0 : 2
  }
  const rest = args.slice(command.name.split(' ').length)
  if (rest.includes('--help')) {
    terminal.print(`${command.summary}\n\n${command.usage}`)
    return 0
  }
  try {
    return await command.run(rest, terminal)
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    terminal.warn(error.message)
    return 2
  }
}

function help(): string {
  const width = Math.max(...commands.map(({ name }) => name.length))
  const lines = commands.map(({ name, summary }) => `  ${name.padEnd(width)}  ${summary}`)
  return ['nest-jwt-auth <command> [options]', '', ...lines].join('\n')
}
