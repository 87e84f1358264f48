import { describe, expect, it } from '@jest/globals'
import { reforge } from '../../support/forge.js'
import { refreshTokenOf, start, START_SECONDS, withCode } from './start.js'

/** Signed well, by somebody who has the secret: no session can have such an id. */
const sids = ['two words', 'x'.repeat(65), '../ada', '{sid}']

describe.each(sids)('a token of the session %j', (sid) => {
  it('is revoked, and asks the store for no such id', async () => {
    const { tokens, sessions } = await start()
    const pair = await tokens.issue('ada')
    const access = reforge(pair.access_token, { claims: { sid } })
    const refresh = reforge(refreshTokenOf(pair), { claims: { sid } })

    await expect(tokens.verify(access)).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.verify(refresh, { kind: 'refresh' })).rejects.toMatchObject(withCode('token_revoked'))
    await expect(tokens.refresh(refresh)).rejects.toMatchObject({
      ...withCode('token_revoked'),
      details: { reason: 'there is no such session' },
    })
    sessions.calls.length = 0
    await tokens.revoke(refresh)
    expect(sessions.calls).toEqual([])
    expect(sessions.inputs).not.toContainEqual(expect.objectContaining({ sessionId: sid }))
    await expect(tokens.verify(pair.access_token)).resolves.toMatchObject({ claims: { sub: 'ada' } })
  })
})

/** Two texts that no store takes for an id, alike in UTF-8. */
const jtis = ['\ud800', '\ud801']

it('an access token whose jti no store takes is revoked alone', async () => {
  let jti = ''
  const { tokens } = await start({
    claimsMode: 'replace',
    claimsLoader: { useValue: { loadClaims: () => ({ sub: 'ada', exp: START_SECONDS + 900, jti }) } },
  })
  const issued: string[] = []
  for (jti of jtis) issued.push(await tokens.issueAccessToken('ada'))
  const [revoked = '', other = ''] = issued
  await tokens.revoke(revoked)

  await expect(tokens.verify(revoked)).rejects.toMatchObject(withCode('token_revoked'))
  await expect(tokens.verify(other)).resolves.toBeDefined()
})

it('a refresh token without a session is not one of ours', async () => {
  const { tokens, sessions } = await start()
  const refresh = reforge(refreshTokenOf(await tokens.issue('ada')), { claims: { sid: undefined } })
  sessions.calls.length = 0

  await expect(tokens.refresh(refresh)).rejects.toMatchObject(withCode('token_claims_invalid'))
  await expect(tokens.revoke(refresh)).resolves.toBeUndefined()
  expect(sessions.calls).toEqual([])
})
