import { beforeAll, describe, expect, it } from '@jest/globals'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters } from '../support/adapters.js'
import { readToken } from '../support/forge.js'
import { refused } from '../support/refusals.js'
import { type AuthClient, ben, startAuth, type Tokens } from './app.js'

const start = Date.parse('2030-01-01T00:00:00Z')
const idOf = ({ access_token: token }: Tokens) => readToken(token).claims['sid'] as string

describe.each(adapters)('the routes for sessions on $name', (adapter) => {
  const clock = new FakeClock(start)
  let client: AuthClient

  beforeAll(async () => {
    client = await startAuth(adapter, {}, { clock })
  })

  const end = (id: string, token: string) => client.app.delete(`/auth/sessions/${id}`, token)

  it('GET sessions lists the caller’s own, the last used first, and says which is this one', async () => {
    clock.set(start)
    const [first, second] = [await client.logIn(), await client.logIn()]
    await client.logIn(ben)
    clock.advance('1m')
    const { access_token: token } = (await client.refresh(first.refresh_token)).body as Tokens
    const answer = await client.app.get('/auth/sessions', token)

    expect(answer.status).toBe(200)
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(answer.body).toEqual([
      {
        id: idOf(first),
        createdAt: '2030-01-01T00:00:00.000Z',
        lastUsedAt: '2030-01-01T00:01:00.000Z',
        expiresAt: '2030-01-31T00:01:00.000Z',
        authTime: '2030-01-01T00:00:00.000Z',
        metadata: {},
        current: true,
      },
      expect.objectContaining({ id: idOf(second), current: false }),
    ])
    await client.app.tokens.revokeAll('ada')
  })

  it('lists for a token without a session, none of them being its own', async () => {
    await client.logIn()
    const sessions = await client.sessions(await client.app.tokens.issueAccessToken('ada'))

    expect(sessions.length).toBeGreaterThan(0)
    expect(sessions.every(({ current }) => current === false)).toBe(true)
  })

  it('DELETE sessions/:id ends one of the caller’s own', async () => {
    const [here, there] = [await client.logIn(), await client.logIn()]
    const answer = await end(idOf(there), here.access_token)

    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(answer.headers['cache-control']).toBe('no-store')
    expect(await client.me(there.access_token)).toMatchObject(refused(401, 'token_revoked'))
    expect(await client.refresh(there.refresh_token)).toMatchObject(refused(401, 'token_revoked'))
    expect((await client.me(here.access_token)).status).toBe(200)
    expect((await end(idOf(there), here.access_token)).status).toBe(404)
  })

  it('DELETE sessions/:id ends this very session', async () => {
    const tokens = await client.logIn()

    expect((await end(idOf(tokens), tokens.access_token)).status).toBe(204)
    expect(await end(idOf(tokens), tokens.access_token)).toMatchObject(refused(401, 'token_revoked'))
  })

  it('answers another’s session like one that never was, and lets it live', async () => {
    const [mine, another] = [await client.logIn(), await client.logIn(ben)]
    const unknown = await end('00000000-0000-4000-8000-000000000000', mine.access_token)
    const foreign = await end(idOf(another), mine.access_token)

    expect(foreign).toMatchObject({ status: 404, text: unknown.text })
    expect(foreign.headers['cache-control']).toBe('no-store')
    expect((await client.me(another.access_token)).status).toBe(200)
  })

  it.each([
    '%00',
    '%20',
    '..%2F..%2Fme',
    '%F0%9F%94%91',
    "'%20or%201=1--",
    '__proto__',
    'constructor',
    '*',
    'a'.repeat(64),
    'a'.repeat(65),
    'a'.repeat(100),
    '-1',
  ])('answers 404 to the id %s', async (id) => {
    const { access_token: token } = await client.logIn()

    expect((await end(id, token)).status).toBe(404)
  })

  it('never answers 500, however bad or long the id is', async () => {
    const { access_token: token } = await client.logIn()

    for (const id of ['%E0%A4%A', '%', '%zz', 'a'.repeat(4000)]) {
      expect([400, 404, 414]).toContain((await end(id, token)).status)
    }
  })

  it('POST logout-all ends all sessions of the caller, and tokens without a session', async () => {
    const [here, there, another] = [await client.logIn(), await client.logIn(), await client.logIn(ben)]
    const alone = await client.app.tokens.issueAccessToken('ada')
    const answer = await client.app.post('/auth/logout-all', undefined, here.access_token)

    expect(answer).toMatchObject({ status: 204, text: '' })
    expect(answer.headers['cache-control']).toBe('no-store')
    for (const token of [here.access_token, there.access_token, alone]) {
      expect(await client.me(token)).toMatchObject(refused(401, 'token_revoked'))
    }
    expect(await client.refresh(there.refresh_token)).toMatchObject(refused(401, 'token_revoked'))
    expect((await client.me(another.access_token)).status).toBe(200)
    expect((await client.me((await client.logIn()).access_token)).status).toBe(200)
  })

  it('all require a valid access token', async () => {
    const { refresh_token: refresh } = await client.logIn()
    const requests = [
      { method: 'GET', path: '/auth/sessions' },
      { method: 'DELETE', path: '/auth/sessions/some-id' },
      { method: 'POST', path: '/auth/logout-all' },
    ]
    for (const request of requests) {
      const headers: [string, string][] = [['Authorization', `Bearer ${refresh}`]]
      const none = await client.app.send(request)
      expect(none).toMatchObject(refused(401, 'token_missing'))
      expect(none.headers['cache-control']).toBe('no-store')
      expect(await client.app.send({ ...request, headers })).toMatchObject(refused(401, 'token_wrong_type'))
    }
  })
})
