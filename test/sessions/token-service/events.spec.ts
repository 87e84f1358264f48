import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { filter, map, mergeMap, share, tap } from 'rxjs'
import { logs } from '../../support/logs.js'
import { readToken } from '../../support/forge.js'
import { refreshTokenOf, start, START, withCode } from './start.js'

const fail = (): never => {
  throw new Error('the audit log is full')
}
const failLater = (): unknown => Promise.reject(new Error('the audit log is full'))

const jtiOf = (token: string) => readToken(token).claims['jti']

describe('JwtAuthEvents', () => {
  it('tells of what is issued, refreshed and revoked: whom, which session, when', async () => {
    const { tokens, events, clock } = await start()
    const first = await tokens.issue('ada')
    const { sessionId } = first
    clock.advance('1m')
    const second = await tokens.refresh(refreshTokenOf(first))
    await tokens.issueAccessToken('ben')
    await tokens.revokeSession(String(sessionId), { subject: 'ada' })
    await tokens.revokeAll('ben')
    const third = await tokens.issue('ada')
    await tokens.revoke(refreshTokenOf(third))

    const at = new Date(START + 60_000)
    expect(events).toEqual([
      {
        type: 'token.issued',
        at: new Date(START),
        subject: 'ada',
        sessionId,
        jti: jtiOf(refreshTokenOf(first)),
      },
      { type: 'token.refreshed', at, subject: 'ada', sessionId, jti: jtiOf(refreshTokenOf(second)) },
      { type: 'token.issued', at, subject: 'ben' },
      { type: 'session.revoked', at, subject: 'ada', sessionId },
      { type: 'subject.revoked', at, subject: 'ben' },
      expect.objectContaining({ type: 'token.issued', sessionId: third.sessionId }),
      { type: 'session.revoked', at, subject: 'ada', sessionId: third.sessionId },
    ])
    expect(events.every((event) => Object.isFrozen(event))).toBe(true)
  })

  it('tells of reuse, once, and warns in the log', async () => {
    const { tokens, events, clock } = await start()
    const pair = await tokens.issue('ada')
    await tokens.refresh(refreshTokenOf(pair))
    clock.advance('11s')
    logs.clear()
    for (const code of ['refresh_reused', 'token_revoked']) {
      await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode(code))
    }

    const reuse = events.filter(({ type }) => type === 'refresh.reused')
    expect(reuse).toEqual([
      {
        type: 'refresh.reused',
        at: new Date(START + 11_000),
        subject: 'ada',
        sessionId: pair.sessionId,
        jti: jtiOf(refreshTokenOf(pair)),
      },
    ])
    expect(logs.text('warn')).toContain(String(pair.sessionId))
    expect(logs.text()).not.toContain(refreshTokenOf(pair))
  })

  it('tells nothing of what did not come to be', async () => {
    const { tokens, events, sessions } = await start()
    sessions.fail('before')
    await expect(tokens.issue('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    await expect(tokens.revokeAll('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    sessions.recover()
    await tokens.revokeSession('00000000-0000-4000-8000-000000000000')

    expect(events).toEqual([])
  })
})

describe('a subscriber of JwtAuthEvents that fails', () => {
  const uncaught: unknown[] = []
  const keep = (error: unknown) => void uncaught.push(error)

  beforeEach(() => {
    uncaught.length = 0
    logs.clear()
    process.on('uncaughtException', keep).on('unhandledRejection', keep)
  })

  afterEach(() => {
    process.off('uncaughtException', keep).off('unhandledRejection', keep)
  })

  type Events = Awaited<ReturnType<typeof start>>['events$']
  const subscribers: [string, (events$: Events) => unknown][] = [
    ['a function', (events$) => events$.subscribe(fail)],
    ['an observer', (events$) => events$.subscribe({ next: fail })],
    ['an async function', (events$) => events$.subscribe(failLater)],
    ['a function after operators', (events$) => events$.pipe(filter(Boolean), share()).subscribe(fail)],
    ['an async function after operators', (events$) => events$.pipe(share()).subscribe(failLater)],
    ['an operator', (events$) => events$.pipe(map(fail)).subscribe()],
    ['a tap', (events$) => events$.pipe(tap(fail)).subscribe({ next: () => undefined })],
    ['async work inside', (events$) => events$.pipe(mergeMap(async () => fail())).subscribe()],
    ['its own handling of errors', (events$) => events$.pipe(map(fail)).subscribe({ error: fail })],
  ]

  it.each(subscribers)(
    'by %s fails no request, is logged, and others hear all the same',
    async (_, subscribe) => {
      const { tokens, events, events$ } = await start()
      subscribe(events$)
      const heard: string[] = []
      events$.subscribe(({ type }) => void heard.push(type))
      await tokens.refresh(refreshTokenOf(await tokens.issue('ada')))
      // What rxjs or a promise would throw where nothing can catch it, it throws in a later turn.
      await new Promise((resolve) => setTimeout(resolve))
      await new Promise((resolve) => setImmediate(resolve))

      expect(heard).toEqual(['token.issued', 'token.refreshed'])
      expect(events.map(({ type }) => type)).toEqual(heard)
      expect(uncaught).toEqual([])
      expect(logs.text('error')).toContain('the audit log is full')
    },
  )
})
