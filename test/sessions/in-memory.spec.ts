import { describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, type JwtAuthError, type TokenService } from '@nest-jwt-auth/core'
import { describeSessionStore } from '@nest-jwt-auth/core/testing'
import { refreshTokenOf, start } from './token-service/start.js'

const store = new InMemorySessionStore()

describeSessionStore('InMemorySessionStore', () => store, { describe, it })

/** How many entries all maps and sets have that are somewhere in it. */
function entriesIn(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  const isCollection = value instanceof Map || value instanceof Set
  const inside: unknown[] = isCollection ? [...value.values()] : Object.values(value)
  return inside.reduce((sum: number, part) => sum + entriesIn(part), isCollection ? value.size : 0)
}

describe('InMemorySessionStore, which nobody prunes', () => {
  const AT_ONCE = 300
  const ONE_BY_ONE = 300

  it.each<[string, (tokens: TokenService, subject: string) => Promise<unknown>]>([
    ['sessions', (tokens, subject) => tokens.issue(subject)],
    ['sessions of one subject', (tokens) => tokens.issue('ada')],
    [
      'sessions that are refreshed',
      async (tokens, subject) => tokens.refresh(refreshTokenOf(await tokens.issue(subject))),
    ],
    [
      'revoked access tokens',
      async (tokens, subject) => tokens.revoke((await tokens.issue(subject)).access_token),
    ],
    ['one-time tokens', (tokens, subject) => tokens.issueOneTimeToken('reset', subject, { expiresIn: '1m' })],
    [
      'consumed one-time tokens',
      async (tokens, subject) =>
        tokens.consumeOneTimeToken(
          'reset',
          await tokens.issueOneTimeToken('reset', subject, { expiresIn: '1m' }),
        ),
    ],
  ])('sheds short-lived %s by itself', async (_what, make) => {
    const kept = new InMemorySessionStore()
    const { tokens, clock } = await start({
      accessToken: { expiresIn: '1m' },
      refreshToken: { expiresIn: '1m' },
      sessionStore: { useValue: kept },
    })
    for (let made = 0; made < AT_ONCE; made++) await make(tokens, `early-${made}`)
    expect(entriesIn(kept)).toBeGreaterThanOrEqual(AT_ONCE)
    for (let made = 0; made < ONE_BY_ONE; made++) {
      clock.advance('20s')
      await make(tokens, `late-${made}`)
    }

    // Kept for two minutes, so of the last seven; each has up to four entries.
    expect(entriesIn(kept)).toBeLessThan(40)
  })
})

it('InMemorySessionStore.report says that it keeps everything in memory, and drops nothing', async () => {
  expect(await new InMemorySessionStore().report()).toEqual({
    system: 'memory',
    evicts: false,
    isDurable: false,
  })
})

it('InMemorySessionStore.prune removes what has expired, of every kind, and counts it', async () => {
  const memory = new InMemorySessionStore()
  const now = 0
  const open = (id: string, keepUntil: number) =>
    memory.open({
      session: {
        id,
        subject: 'ada',
        createdAt: now,
        lastUsedAt: now,
        authTime: undefined,
        endsAt: undefined,
        current: { jti: id, iat: 0, exp: 1 },
        parent: undefined,
        keepUntil,
        data: '{}',
      },
      now,
    })
  await open('short', 10)
  await open('long', 1000)
  await open('ended', 10)
  await memory.end({ sessionId: 'ended', subject: 'ada', now })
  await memory.revokeToken({ jti: 'revoked', subject: 'ada', keepUntil: 10, now })
  await memory.addOneTimeToken({ jti: 'once', subject: 'ada', keepUntil: 10, now })

  expect(await memory.prune({ now: 9 })).toBe(0)
  // The fifth is the generation of the subject.
  expect(await memory.prune({ now: 11 })).toBe(5)
  expect(await memory.prune({ now: 11 })).toBe(0)
  expect((await memory.list({ subject: 'ada', now: 11 })).map(({ id }) => id)).toEqual(['long'])
})

describe('InMemorySessionStore after a restart', () => {
  const secret = 'one-secret-that-outlives-the-process-0123'
  const reasonOf = (work: Promise<unknown>) =>
    work.then(
      () => undefined,
      (error: JwtAuthError) => ({ code: error.errorCode, reason: error.details.reason }),
    )

  it('says that the process does not know the session, and not that it was revoked', async () => {
    const before = await start({ secret, sessionStore: { useValue: new InMemorySessionStore() } })
    const pair = await before.tokens.issue('ada')
    const { tokens } = await start({ secret, sessionStore: { useValue: new InMemorySessionStore() } })
    const unknown = { code: 'token_revoked', reason: expect.stringMatching(/^this process does not know/) }

    expect(await reasonOf(tokens.verify(pair.access_token))).toEqual(unknown)
    expect(await reasonOf(tokens.verify(refreshTokenOf(pair), { kind: 'refresh' }))).toEqual(unknown)
    expect(await reasonOf(tokens.refresh(refreshTokenOf(pair)))).toEqual(unknown)
  })

  it.each<[string, (tokens: TokenService, sessionId: string) => Promise<unknown>]>([
    ['revokeSession', (tokens, sessionId) => tokens.revokeSession(sessionId)],
    ['revokeAll', (tokens) => tokens.revokeAll('ada')],
    ['sessions.max', (tokens) => tokens.issue('ada')],
  ])('says of one that has ended here that it has ended: %s', async (_by, end) => {
    const { tokens } = await start({ secret, sessions: { max: 1 }, sessionStore: InMemorySessionStore })
    const pair = await tokens.issue('ada')
    await end(tokens, pair.sessionId ?? '')

    expect(await reasonOf(tokens.verify(pair.access_token))).toEqual({
      code: 'token_revoked',
      reason: 'the session has ended',
    })
  })
})
