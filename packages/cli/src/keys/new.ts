import { closeSync, openSync, writeSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Options, readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import { type Command, CommandError } from '../command.js'
import { ALGORITHMS, SECRET_ALGORITHMS } from './algorithms.js'
import { FORMATS, type KeyFormat, makeKey, type NewKey } from './make-key.js'

const OPTIONS = {
  algorithm: { type: 'string', value: 'name', help: `${ALGORITHMS.join(', ')}.\nDefault: ES256.` },
  format: {
    type: 'string',
    value: 'pem|jwk',
    help: 'Default: pem. A JWK is one line and holds its kid; it does not exist for secrets.',
  },
  kid: { type: 'string', value: 'name', help: 'With jwk: names the key. Default: its thumbprint.' },
  out: {
    type: 'string',
    value: 'file',
    help: 'Writes the private key to a new file that only you can read, and prints the public key.',
  },
} as const satisfies Options

export const newKey: Command = {
  name: 'keys new',
  summary: 'Makes a key for the option `keys`.',
  usage: usageOf('keys new [options]', OPTIONS, [
    'Prints the private key, and nothing else, to the standard output. Keys that rotate by themselves are not made this way:',
    'see the option `keyRotation`.',
  ]),
  run: async (args, terminal) => {
    const { algorithm = 'ES256', format: givenFormat, kid, out } = readArguments(args, OPTIONS).options
    const format = checkedFormat(algorithm, givenFormat)
    if (kid !== undefined && format !== 'jwk') {
      throw new CommandError(
        '--kid needs --format jwk. With PEM or a secret, write `kid` beside the key in the option `keys`.',
      )
    }
    if (kid !== undefined && kid.length > 255) throw new CommandError('A kid has at most 255 characters.')
    const key = makeKey(algorithm, format, kid)
    if (out === undefined) {
      terminal.print(key.privateText)
    } else {
      writePrivately(resolve(terminal.cwd, out), key.privateText)
      if (key.publicText !== undefined) terminal.print(key.publicText)
      terminal.warn(`The private key is in ${out}.`)
    }
    for (const line of explain(key, format)) terminal.warn(line)
    return 0
  },
}

function checkedFormat(algorithm: string, given: string | undefined): KeyFormat {
  const format = FORMATS.find((one) => one === (given ?? 'pem'))
  if (format === undefined) throw new CommandError('--format must be pem or jwk.')
  if (given !== undefined && SECRET_ALGORITHMS.includes(algorithm)) {
    throw new CommandError(`${algorithm} uses a secret, which has no format. Leave out --format.`)
  }
  return format
}

/** A file that exists is somebody's key: it is never replaced. Windows has no modes, so there the folder's rights count. */
function writePrivately(file: string, text: string): void {
  let handle: number
  try {
    handle = openSync(file, 'wx', 0o600)
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code === 'EEXIST'
    throw new CommandError(
      isThere
        ? `${file} exists already. Name another file, or move that one away first.`
        : `${file} cannot be written: ${(error as Error).message}`,
    )
  }
  writeSync(handle, `${text}\n`)
  closeSync(handle)
}

function explain({ algorithm, kid, publicText }: NewKey, format: KeyFormat): string[] {
  if (publicText === undefined) {
    return [`For the app: keys: [{ algorithm: '${algorithm}', secret: process.env.JWT_SECRET }]`]
  }
  const value = format === 'jwk' ? 'JSON.parse(process.env.JWT_PRIVATE_KEY)' : 'process.env.JWT_PRIVATE_KEY'
  return [`kid: ${kid}`, `For the app: keys: [{ algorithm: '${algorithm}', privateKey: ${value} }]`]
}
