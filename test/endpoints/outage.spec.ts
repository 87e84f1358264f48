import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { adapters } from '../support/adapters.js'
import type { Answer } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { failingStore } from '../sessions/token-service/failing-store.js'
import { ada, type AuthClient, startAuth, type Tokens } from './app.js'

describe.each(adapters)('the ready-made routes on $name while the session store', (adapter) => {
  const sessions = failingStore()
  let client: AuthClient
  let tokens: Tokens

  beforeAll(async () => {
    client = await startAuth(adapter, {
      sessionStore: { useValue: sessions.store },
      sessions: { timeout: '25ms' },
    })
  })

  beforeEach(async () => {
    sessions.recover()
    tokens = await client.logIn()
  })

  const all = (): Promise<Answer>[] => [
    client.app.post('/auth/login', ada),
    client.refresh(tokens.refresh_token),
    client.logOut(tokens.access_token),
    client.logOut(undefined, { refresh_token: tokens.refresh_token }),
    client.app.post('/auth/logout-all', undefined, tokens.access_token),
    client.app.get('/auth/sessions', tokens.access_token),
    client.app.delete('/auth/sessions/some-id', tokens.access_token),
    client.me(tokens.access_token),
  ]

  it.each(['before', 'hang'] as const)(
    'fails (%s): 503 with Retry-After, and good again later',
    async (how) => {
      sessions.fail(how)
      for (const answer of await Promise.all(all())) {
        expect(answer).toMatchObject(refused(503, 'store_unavailable'))
        expect(answer.headers['retry-after']).toBe('1')
        expect(answer.headers['www-authenticate']).toBeUndefined()
      }

      sessions.recover()
      expect((await client.me(tokens.access_token)).status).toBe(200)
      expect((await client.refresh(tokens.refresh_token)).status).toBe(200)
    },
  )

  it('loses its answers: 503, and a second request gets the right answer', async () => {
    sessions.fail('after')
    expect(await client.refresh(tokens.refresh_token)).toMatchObject(refused(503, 'store_unavailable'))
    expect(await client.logOut(tokens.access_token)).toMatchObject(refused(503, 'store_unavailable'))

    sessions.recover()
    expect(await client.me(tokens.access_token)).toMatchObject(refused(401, 'token_revoked'))
    expect((await client.logOut(tokens.access_token)).status).toBe(204)
  })

  it('fails: routes that need no store answer as before', async () => {
    sessions.fail('hang')

    expect(await client.app.post('/auth/login', { ...ada, password: 'no' })).toMatchObject(
      refused(401, 'credentials_invalid'),
    )
    expect(await client.refresh('not a token')).toMatchObject(refused(401, 'token_malformed'))
    expect(await client.logOut()).toMatchObject(refused(401, 'token_missing'))
  })
})
