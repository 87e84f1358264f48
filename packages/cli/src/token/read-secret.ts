import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import type { APP_OPTIONS } from '../app/app-options.js'
import type { GivenOptions, Options } from '../arguments/read-arguments.js'
import { CommandError } from '../command.js'
import { secretKindOf } from '../keys/algorithms.js'
import type { Terminal } from '../terminal.js'
import { isKeyText } from './key-text.js'
import { readInput } from './read-token.js'

/** A secret is never an argument: those are kept in the history of the shell, and other users see them in the list of processes. */
export const SECRET_OPTIONS = {
  'secret-env': { type: 'string', value: 'name', help: 'Uses the secret in this environment variable.' },
  'secret-file': {
    type: 'string',
    value: 'file',
    help: 'Uses the secret in this file; - is the standard input.',
  },
} as const satisfies Options

/** The secret in UTF-8, as the option `secret` of the module takes it; `undefined` where none of the options is given. */
export async function readSecret(
  options: GivenOptions<typeof SECRET_OPTIONS & typeof APP_OPTIONS>,
  algorithm: string,
  terminal: Terminal,
): Promise<Buffer | undefined> {
  const { 'secret-env': name, 'secret-file': file } = options
  if (name !== undefined && file !== undefined)
    throw new CommandError('Give either --secret-env or --secret-file.')
  if (name === undefined && file === undefined) return undefined
  if (options['env-file'] !== undefined) {
    throw new CommandError('--env-file is for the app. With a secret, set the variables yourself.')
  }
  const text = file === undefined ? textOf(name ?? '', terminal) : await textIn(file, terminal)
  const { bytes } = secretKindOf(algorithm)
  const secret = Buffer.from(text, 'utf8')
  if (isKeyText(secret)) {
    throw new CommandError(
      'The secret is the text of an asymmetric key or a certificate, which may be public: no app of this library takes it for a ' +
        'secret. To verify with a public key, use `token verify --public-key <file>` or --jwks.',
    )
  }
  if (secret.length >= bytes) return secret
  throw new CommandError(
    `The secret is ${secret.length} bytes long, and ${algorithm} needs ${bytes}. Make one with \`nest-jwt-auth secret\`.`,
  )
}

function textOf(name: string, { env }: Terminal): string {
  const value = env[name]
  if (value !== undefined && value !== '') return value
  // The name is not repeated: it may be the secret itself, which must not get into a log.
  const state = value === '' ? 'empty' : 'not set'
  throw new CommandError(
    `The environment variable that --secret-env names is ${state}. Give the name of a variable, not the secret itself.`,
  )
}

/** Editors and `echo` end a file with a line break, which is not part of the secret. */
async function textIn(file: string, terminal: Terminal): Promise<string> {
  if (file === '-') return (await readInput(terminal, 'the secret')).replace(/\r?\n$/, '')
  try {
    return readFileSync(resolve(terminal.cwd, file), 'utf8').replace(/\r?\n$/, '')
  } catch (error) {
    throw new CommandError(
      `--secret-file cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
    )
  }
}
