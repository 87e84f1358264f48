import { KeyService, TokenService } from '@nest-jwt-auth/core'
import { createApp } from './create-app.js'
import { explainFailure } from './dev/explain-failure.js'
import { readSettings } from './settings.js'
import type { User } from './users/user.js'

/** Nobody in particular: what it is used for are the keys. */
const nobody: User = { id: 0, username: 'nobody', is_admin: false }

/** Lets the next key sign from now on, in the shop's database, and shows the old and the new one at work. */
async function rotate(say: (line: string) => void): Promise<void> {
  const app = await createApp(readSettings(process.env))
  try {
    const [keys, tokens] = [app.get(KeyService), app.get(TokenService)]
    const before = await tokens.issueAccessToken(nobody)
    say(`A token is signed by the key    ${kidOf(before, tokens)}`)
    await keys.rotate({ immediately: true })
    const after = await tokens.issueAccessToken(nobody)
    say(`The next token is signed by     ${kidOf(after, tokens)}`)
    for (const token of [before, after]) await tokens.verify(token)
    say('Both tokens are good. The keys in the database:')
    for (const { kid, state, isListed, signsUntil } of await keys.list()) {
      say(
        `  ${kid}  ${state.padEnd(9)}  ${isListed ? 'in the JWKS' : 'verifies refresh tokens'}  until ${signsUntil.toISOString()}`,
      )
    }
  } finally {
    await app.close()
  }
}

const kidOf = (token: string, tokens: TokenService) => tokens.decodeUnverified(token).header.kid

try {
  await rotate((line) => process.stdout.write(`${line}\n`))
} catch (error) {
  process.stderr.write(`${explainFailure(error)}\n`)
  process.exitCode = 1
}
