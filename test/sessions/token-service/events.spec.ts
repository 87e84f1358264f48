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
import { JwtAuthEvents } from '@nest-jwt-auth/core'
import { logs } from '../../support/logs.js'
import { SECRET } from '../../support/forge.js'
import { run } from '../../support/run.js'
import { refreshTokenOf, start } from './start.js'

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
