import { randomBytes } from 'node:crypto'
import type { Command } from './command.js'

export const secret: Command = {
  name: 'secret',
  summary: 'Prints a new random secret of 64 bytes in base64url, for HS256, HS384 and HS512.',
  usage: 'nest-jwt-auth secret',
  run: async (_args, terminal) => {
    terminal.print(randomBytes(64).toString('base64url'))
    return 0
  },
}
