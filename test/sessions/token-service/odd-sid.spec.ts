import { describe, expect, it } from '@jest/globals'
import { reforge } from '../../support/forge.js'
import { refreshTokenOf, start, withCode } from './start.js'

/** Signed well, by somebody who has the secret: no session can have such an id. */
const sids = ['two words', 'x'.repeat(65), '../ada', '{sid}']

describe.each(sids)('a token of the session %j', (sid) => {
  it('is revoked, and asks the store for no such id', async () => {
    const { tokens } = await start()
    const pair = await tokens.issue('ada')
    const access = reforge(pair.access_token, { claims: { sid } })
    const refresh = reforge(refreshTokenOf(pair), { claims: { sid } })

    await expect(tokens.verify(access)).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.verify(refresh, { kind: 'refresh' })).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.refresh(refresh)).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.verify(pair.access_token)).resolves.toMatchObject({ claims: { sub: 'ada' } })
  })
})

it('a refresh token without a session is not one of ours', async () => {
  const { tokens } = await start()
  const refresh = reforge(refreshTokenOf(await tokens.issue('ada')), { claims: { sid: undefined } })

  await expect(tokens.refresh(refresh)).rejects.toMatchObject(withCode('token_claims_invalid'))
})
