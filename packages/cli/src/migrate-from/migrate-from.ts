import { type Options, readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import { type Command, CommandError } from '../command.js'

const OPTIONS = {
  project: {
    type: 'string',
    value: 'path',
    help: "The app's tsconfig.json, or its folder. By default the current folder.",
  },
  'dry-run': { type: 'boolean', help: 'Prints the diff and the list, and writes nothing.' },
  force: { type: 'boolean', help: 'Goes on although git could not undo the changes.' },
} as const satisfies Options

export const migrateFrom: Command = {
  name: 'migrate-from',
  summary:
    'Rewrites an app of @nestjs/jwt or passport-jwt, and lists what is left to do. Exit code 1 where it could not.',
  usage: usageOf('migrate-from nestjs-jwt [options]', OPTIONS, [
    'Rewrites what is certain, and writes what it leaves to MIGRATION.md beside the tsconfig.json.',
  ]),
  async run(args, terminal) {
    const { options, positionals } = readArguments(args, OPTIONS, 1)
    const [former] = positionals
    if (former !== 'nestjs-jwt') {
      const problem =
        former === undefined ? 'The name of the former code is missing' : 'The former code is not known'
      throw new CommandError(
        `${problem}. Write nest-jwt-auth migrate-from nestjs-jwt; it covers passport-jwt too.`,
      )
    }
    const { migrateNestjsJwt } = await import('./migrate-nestjs-jwt.js')
    const { project = '.', force = false, 'dry-run': isDryRun = false } = options
    return migrateNestjsJwt({ project, isForced: force, isDryRun }, terminal)
  },
}
