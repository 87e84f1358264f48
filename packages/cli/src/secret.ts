import { randomBytes } from 'node:crypto'
import { type Options, readArguments } from './arguments/read-arguments.js'
import { usageOf } from './arguments/usage.js'
import type { Command } from './command.js'
import { secretKindOf } from './keys/algorithms.js'

const OPTIONS = {
  algorithm: {
    type: 'string',
    value: 'name',
    help: 'HS256, HS384 or HS512: as many bytes as its hash, 32, 48 or 64. Default: 64, which fits all.',
  },
} as const satisfies Options

export const secret: Command = {
  name: 'secret',
  summary: 'Prints a new random secret in base64url, for HS256, HS384 and HS512.',
  usage: usageOf('secret [options]', OPTIONS, ['echo "JWT_SECRET=$(npx @nest-jwt-auth/cli secret)" >> .env']),
  run: async (args, terminal) => {
    const { algorithm } = readArguments(args, OPTIONS).options
    const bytes = algorithm === undefined ? 64 : secretKindOf(algorithm).bytes
    terminal.print(randomBytes(bytes).toString('base64url'))
    return 0
  },
}
