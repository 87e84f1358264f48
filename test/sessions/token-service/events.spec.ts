import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { AsyncLocalStorage, createHook } from 'node:async_hooks'
import {
  config,
  filter,
  groupBy,
  map,
  merge,
  mergeAll,
  mergeMap,
  NEVER,
  Observable,
  share,
  Subject,
  take,
  tap,
} from 'rxjs'
import { z } from 'zod'
import { InMemorySessionStore, JwtAuthEvents, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../../support/adapters.js'
import { logs } from '../../support/logs.js'
import { readToken, SECRET } from '../../support/forge.js'
import { run } from '../../support/run.js'
import { refreshTokenOf, type Settings, start, START, withCode } from './start.js'

const fail = (): never => {
  throw new Error('the audit log is full')
}
const failLater = (): unknown => Promise.reject(new Error('the audit log is full'))

/** A few turns of the event loop: rxjs throws what nobody caught in a timer. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5))
  await new Promise((resolve) => setImmediate(resolve))
}

/** What other Observables report to the handler that the app has set for rxjs. */
const unhandled: unknown[] = []

beforeAll(() => {
  config.onUnhandledError = (error) => void unhandled.push(error)
})

const jtiOf = (token: string) => readToken(token).claims['jti']

describe('JwtAuthEvents', () => {
  it('tells of what is issued, refreshed and revoked: whom, which session, when', async () => {
    const { tokens, events, clock } = await start()
    const first = await tokens.issue('ada')
    const { sessionId } = first
    clock.advance('1m')
    const second = await tokens.refresh(refreshTokenOf(first))
    const alone = await tokens.issueAccessToken('ben')
    await tokens.revokeSession(String(sessionId), { subject: 'ada' })
    await tokens.revokeAll('ben')
    const third = await tokens.issue('ada')
    await tokens.revoke(refreshTokenOf(third))
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })

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
      { type: 'token.issued', at, subject: 'ben', jti: jtiOf(alone) },
      { type: 'session.revoked', at, subject: 'ada', sessionId },
      { type: 'subject.revoked', at, subject: 'ben' },
      expect.objectContaining({ type: 'token.issued', sessionId: third.sessionId }),
      { type: 'session.revoked', at, subject: 'ada', sessionId: third.sessionId },
      { type: 'token.issued', at, subject: 'ada', jti: jtiOf(once) },
    ])
    expect(events.every((event) => Object.isFrozen(event))).toBe(true)
  })

  it('tells of reuse, once, and warns in the log', async () => {
    const { tokens, events, clock } = await start()
    const pair = await tokens.issue('ada')
    await tokens.refresh(refreshTokenOf(pair))
    clock.advance('11s')
    logs.clear()
    const jti = jtiOf(refreshTokenOf(pair))
    for (const code of ['refresh_reused', 'token_revoked']) {
      const refusal = { ...withCode(code), details: { jti } }
      await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(refusal)
    }

    const reuse = events.filter(({ type }) => type === 'refresh.reused')
    expect(reuse).toEqual([
      {
        type: 'refresh.reused',
        at: new Date(START + 11_000),
        subject: 'ada',
        sessionId: pair.sessionId,
        jti,
      },
    ])
    expect(logs.text('warn')).toContain(String(pair.sessionId))
    expect(logs.text()).not.toContain(refreshTokenOf(pair))
  })

  it('warns of reuse in the log without a subscriber too', async () => {
    const clock = new FakeClock(START)
    const auth = JwtAuthModule.forRoot({ secret: SECRET, sessionStore: InMemorySessionStore })
    const tokens = (await startModule({ imports: [auth] }, { clock })).get(TokenService)
    const pair = await tokens.issue('ada')
    await tokens.refresh(refreshTokenOf(pair))
    clock.advance('11s')
    logs.clear()
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('refresh_reused'))

    expect(logs.text('warn')).toContain(String(pair.sessionId))
  })

  it('tells nothing of what did not come to be', async () => {
    const { tokens, events, sessions } = await start()
    sessions.fail('before')
    await expect(tokens.issue('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    await expect(tokens.issueAccessToken('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    await expect(tokens.revokeAll('ada')).rejects.toMatchObject(withCode('store_unavailable'))
    sessions.fail('before', 'addOneTimeToken')
    await expect(tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })).rejects.toMatchObject(
      withCode('store_unavailable'),
    )
    sessions.recover()
    await tokens.revokeSession('00000000-0000-4000-8000-000000000000')

    expect(events).toEqual([])
  })

  it('tells nothing of tokens that the app itself prevents', async () => {
    const claimsSchema = z.object({ plan: z.string() })
    const { tokens, events } = await start({ claimsSchema })
    const refused = { code: 'claims_invalid' }
    await expect(tokens.issue('ada')).rejects.toMatchObject(refused)
    await expect(tokens.issueAccessToken('ada')).rejects.toMatchObject(refused)

    expect(events).toEqual([])
  })

  it.each([true, false])(
    'tells nothing of a pair that is too large for cookies (sessions: %p)',
    async (has) => {
      const withoutSessions: Settings = { refreshToken: false, sessionStore: undefined }
      const { tokens, events } = await start({ locations: ['cookie'], ...(has ? {} : withoutSessions) })
      const claims = { pad: 'x'.repeat(3200) } as object
      await expect(tokens.issue('ada', { claims })).rejects.toMatchObject({ code: 'cookie_too_large' })

      expect(events).toEqual([])
    },
  )

  it('tells nothing of a refresh that the store did not make', async () => {
    const { tokens, events, sessions } = await start()
    const pair = await tokens.issue('ada')
    sessions.fail('before', 'rotate')
    await expect(tokens.refresh(refreshTokenOf(pair))).rejects.toMatchObject(withCode('store_unavailable'))

    expect(events.map(({ type }) => type)).toEqual(['token.issued'])
  })
})

describe('a subscriber of JwtAuthEvents that fails', () => {
  const uncaught: unknown[] = []
  const keep = (error: unknown) => void uncaught.push(error)
  beforeEach(() => {
    uncaught.length = 0
    unhandled.length = 0
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
    ['its handling of errors', (events$) => events$.pipe(map(fail)).subscribe({ error: fail })],
    ['its async handling of errors', (events$) => events$.pipe(map(fail)).subscribe({ error: failLater })],
    ['its end', (events$) => events$.pipe(take(1)).subscribe({ complete: fail })],
    ['its async end', (events$) => events$.pipe(take(1)).subscribe({ complete: failLater })],
    ['a tap', (events$) => events$.pipe(tap(fail)).subscribe({ next: () => undefined })],
    ['async work inside', (events$) => events$.pipe(mergeMap(async () => fail())).subscribe()],
    [
      'groupBy',
      (events$) => events$.pipe(groupBy(({ type }) => type)).subscribe((group) => group.subscribe(fail)),
    ],
    [
      'an async function on what groupBy emits',
      (events$) => events$.pipe(groupBy(({ type }) => type)).subscribe((group) => group.subscribe(failLater)),
    ],
    [
      'operators on what groupBy emits',
      (events$) =>
        events$
          .pipe(
            groupBy(({ type }) => type),
            mergeMap((group) => group.pipe(map(fail))),
          )
          .subscribe(),
    ],
    ['merge', (events$) => merge(events$, NEVER).subscribe(fail)],
    ['operators after merge', (events$) => merge(NEVER, events$).pipe(map(fail)).subscribe()],
    [
      'an Observable of its own',
      (events$) => new Observable((subscriber) => events$.subscribe(subscriber)).subscribe(fail),
    ],
    [
      'a Subject of its own',
      (events$) => {
        const subject = new Subject()
        subject.subscribe(fail)
        return events$.subscribe(subject)
      },
    ],
    ['callbacks side by side', (events$) => events$.pipe(map(fail)).subscribe(null, fail)],
    ['forEach', (events$) => events$.forEach(fail).catch((error: unknown) => logs.error(String(error)))],
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
      await settle()

      expect(heard).toEqual(['token.issued', 'token.refreshed'])
      expect(events.map(({ type }) => type)).toEqual(heard)
      expect([...uncaught, ...unhandled]).toEqual([])
      expect(logs.text('error')).toContain('the audit log is full')
    },
  )

  it('is logged for each of 2,000 events of one turn', async () => {
    const { tokens, events$ } = await start()
    merge(events$, NEVER).subscribe(fail)
    await Promise.all(Array.from({ length: 2000 }, (_, id) => tokens.revokeAll(`user-${id}`)))
    await settle()

    expect([...uncaught, ...unhandled]).toEqual([])
    expect(logs.lines.filter(({ text }) => text.includes('the audit log is full'))).toHaveLength(2000)
  })

  it('leaves the errors of other Observables to the app', async () => {
    const { tokens, events$ } = await start()
    merge(events$, NEVER).subscribe(fail)
    await tokens.issue('ada')
    const others = new Subject<string>()
    others.subscribe(() => {
      throw new Error('no business of ours')
    })
    others.next('x')
    await settle()

    expect(unhandled).toEqual([new Error('no business of ours')])
    expect(logs.text('error')).not.toContain('no business of ours')
    expect(logs.text('error')).toContain('the audit log is full')
  })

  it('leaves the errors of other Observables to the process where the app has no handler for rxjs', async () => {
    const program = `
      import 'reflect-metadata'
      import { NestFactory } from '@nestjs/core'
      import { JwtAuthEvents, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
      import { Subject } from 'rxjs'

      process.on('uncaughtException', ({ message }) => console.log(message))
      const imports = [JwtAuthModule.forRoot({ secret: '${SECRET}' })]
      const app = await NestFactory.createApplicationContext({ module: class App {}, imports }, { logger: false })
      app.get(JwtAuthEvents).events$.subscribe()
      await app.get(TokenService).issue('ada')
      const others = new Subject()
      others.subscribe(() => {
        throw new Error('no business of ours')
      })
      others.next('x')`

    expect(await run('node', ['--input-type=module', '-e', program])).toBe('no business of ours\n')
  })

  it('leaves errors to a handler that the app sets for rxjs later', async () => {
    const { tokens, events$ } = await start()
    merge(events$, NEVER).subscribe(fail)
    await tokens.issue('ada')
    await settle()
    const before = config.onUnhandledError
    const handled: unknown[] = []
    config.onUnhandledError = (error) => void handled.push(error)
    try {
      await tokens.issue('ada')
      await settle()
    } finally {
      config.onUnhandledError = before
    }

    expect(handled).toHaveLength(1)
    expect(uncaught).toEqual([])
  })
})

describe('a subscriber of JwtAuthEvents', () => {
  it('runs in the async context of the request', async () => {
    const request = new AsyncLocalStorage<string>()
    const { tokens, events$ } = await start()
    const seen: unknown[] = []
    events$.subscribe(() => void seen.push(request.getStore()))
    merge(events$, NEVER).subscribe(() => void seen.push(request.getStore()))
    await request.run('first', () => tokens.issue('ada'))
    await request.run('second', () => tokens.issue('ada'))

    expect(seen).toEqual(['first', 'first', 'second', 'second'])
  })

  it('leaves nothing behind in tools on async hooks that note what begins and what ends', async () => {
    const { tokens } = await start()
    const [open, kept] = [new Set<number>(), new Set<object>()]
    let begun = 0
    const hook = createHook({
      init(id, type, _trigger, resource) {
        if (type !== 'JwtAuthEvents') return
        begun++
        open.add(id)
        // What is collected as garbage is destroyed too, but at no time that is known.
        kept.add(resource)
      },
      destroy: (id) => void open.delete(id),
    }).enable()
    for (let login = 0; login < 10; login++) await tokens.issue('ada')
    await settle()
    hook.disable()

    expect([begun, kept.size, open.size]).toEqual([10, 10, 0])
  })

  it('hears nothing more once it has unsubscribed, or its operators are done', async () => {
    const { tokens, events$ } = await start()
    const heard: string[] = []
    events$.pipe(take(1)).subscribe(({ type }) => void heard.push(`take ${type}`))
    const subscription = events$
      .pipe(
        groupBy(({ type }) => type),
        mergeAll(),
      )
      .subscribe((event) => {
        heard.push(`${event.type} ${event.subject}`)
      })
    await tokens.issue('ada')
    subscription.unsubscribe()
    await tokens.issue('ben')

    expect(heard).toEqual(['take token.issued', 'token.issued ada'])
  })

  it('cannot emit: only the library can', async () => {
    const { events$, events } = await start()

    expect(events$).toBeInstanceOf(Observable)
    for (const name of ['next', 'error', 'complete', 'emit', 'source']) {
      expect(Reflect.get(events$, name)).toBeUndefined()
    }
    expect(Object.getOwnPropertyNames(JwtAuthEvents.prototype)).toEqual(['constructor'])
    expect(events).toEqual([])
  })
})
