import { getEventListeners } from 'node:events'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthError } from '@nest-jwt-auth/core'
import { UnknownKids } from '../../packages/core/src/issuers/key-sets/unknown-kids.js'
import { withDeadline } from '../../packages/core/src/issuers/key-sets/with-deadline.js'
import { ISSUER, KEYS_URL, newKey, StubIssuer, Subject } from './issuer-stub.js'

const UNKNOWN = 'token_signature_invalid'
const DOWN = 'keys_unavailable'

async function startedSubject(headers: Record<string, string> = {}) {
  const issuer = new StubIssuer()
  const [a, b] = [newKey('a'), newKey('b')]
  issuer.publishDocument({ keys: [a.jwk] }, headers)
  const subject = new Subject(issuer)
  expect(await subject.ask('a')).toBe('a')
  return { issuer, subject, a, b }
}

describe('the first fetch', () => {
  it('does not happen before a token comes', async () => {
    const issuer = new StubIssuer()
    issuer.publish(newKey('a'))
    const subject = new Subject(issuer)

    expect(subject.keys.of(ISSUER).find('a', 'ES256')).toBeUndefined()
    subject.clock.advance('1d')
    await subject.settle()

    expect(issuer.asked).toEqual([])
  })

  it('is one for a thousand callers', async () => {
    const issuer = new StubIssuer()
    issuer.publish(newKey('a'))
    const subject = new Subject(issuer)

    const found = await Promise.all(Array.from({ length: 1000 }, () => subject.ask('a')))

    expect(new Set(found)).toEqual(new Set(['a']))
    expect(issuer.asked).toEqual([KEYS_URL])
  })

  it('that fails makes keys_unavailable, without another one for 30 seconds', async () => {
    const issuer = new StubIssuer()
    issuer.goDown()
    const subject = new Subject(issuer)

    expect(new Set(await Promise.all(['a', 'b', 'a'].map((kid) => subject.ask(kid))))).toEqual(
      new Set([DOWN]),
    )
    subject.clock.advance('29s')
    expect(await subject.ask('a')).toBe(DOWN)
    expect(issuer.asked).toHaveLength(1)

    issuer.publish(newKey('a'))
    subject.clock.advance('1s')
    expect(await subject.ask('a')).toBe('a')
    expect(issuer.asked).toHaveLength(2)
  })
})

describe('a set that is known', () => {
  it.each<[string, Record<string, string>, number]>([
    ['10 minutes without max-age', {}, 600],
    ['as long as max-age says', { 'cache-control': 'public, max-age=1800, must-revalidate' }, 1800],
    ['less the Age', { 'cache-control': 'max-age=1800', age: '300' }, 1500],
    ['at least 1 minute', { 'cache-control': 'max-age=0' }, 60],
    ['at least 1 minute with a large Age', { 'cache-control': 'max-age=5', age: '9'.repeat(400) }, 60],
    ['at most 24 hours', { 'cache-control': 'max-age=31536000' }, 86_400],
    ['at most 24 hours for numbers of any length', { 'cache-control': `max-age=${'9'.repeat(400)}` }, 86_400],
    [
      '10 minutes if max-age and Age have no end',
      { 'cache-control': `max-age=${'9'.repeat(400)}`, age: '9'.repeat(400) },
      600,
    ],
    ['all its max-age with a negative Age', { 'cache-control': 'max-age=1800', age: '-300' }, 1800],
    ['all its max-age with an Age that has a unit', { 'cache-control': 'max-age=1800', age: '300s' }, 1800],
    ['its max-age among others', { 'cache-control': 'public ,  max-age = 1800  ,private' }, 1800],
    ['10 minutes with another directive that ends so', { 'cache-control': 'x-max-age=1800' }, 600],
    ['10 minutes with a max-age that has a unit', { 'cache-control': 'max-age=30m' }, 600],
    ['10 minutes with a negative max-age', { 'cache-control': 'max-age=-1' }, 600],
    ['10 minutes with a max-age that is no number', { 'cache-control': 'max-age=1e3, s-maxage=9' }, 600],
    ['its max-age in any case and quotes', { 'cache-control': 'Max-Age="120"' }, 120],
  ])('is fresh for %s', async (_, headers, seconds) => {
    const { issuer, subject } = await startedSubject(headers)

    subject.clock.advance(seconds - 1)
    await subject.ask('a')
    await subject.settle()
    expect(issuer.asked).toHaveLength(1)

    subject.clock.advance(1)
    await subject.settle()
    expect(issuer.asked).toHaveLength(2)
  })

  it('is refreshed by one fetch, and none of a thousand callers waits for it', async () => {
    const { issuer, subject } = await startedSubject()
    issuer.answers.set(KEYS_URL, () => new Promise<Response>(() => undefined))
    const finder = subject.keys.of(ISSUER)

    subject.clock.advance('11m')
    const found = Array.from({ length: 1000 }, () => finder.find('a', 'ES256')?.kid)
    await subject.settle()

    expect(new Set(found)).toEqual(new Set(['a']))
    expect(issuer.asked).toHaveLength(2)
    subject.keys.close()
  })

  it('is refreshed once in its lifetime, counted from the last fetch, whatever that was for', async () => {
    const { issuer, subject } = await startedSubject()
    const times: number[] = []
    for (let seconds = 10; seconds <= 2000; seconds += 10) {
      const before = issuer.asked.length
      subject.clock.advance(10)
      if (seconds === 30 || seconds === 300) await subject.ask(`unknown at ${seconds}`)
      await subject.settle()
      if (issuer.asked.length > before) times.push(seconds)
    }

    expect(times).toEqual([30, 300, 900, 1500])
    expect(subject.clock['alarms'].size).toBe(1)
    subject.keys.close()
    expect(subject.clock['alarms'].size).toBe(0)
  })

  it('is refreshed when a key is looked for, if the timer is late', async () => {
    const issuer = new StubIssuer()
    issuer.publish(newKey('a'))
    const subject = new Subject(issuer)
    Object.assign(subject.clock, { wakeAt: () => () => undefined })
    await subject.ask('a')
    for (const [seconds, fetches] of [
      [599, 1],
      [1, 2],
    ] as const) {
      subject.clock.advance(seconds)
      expect(await subject.ask('a')).toBe('a')
      await subject.settle()
      expect(issuer.asked).toHaveLength(fetches)
    }
  })

  it('keeps the same key objects for keys that have not changed', async () => {
    const { subject } = await startedSubject()
    const before = subject.keys.of(ISSUER).find('a', 'ES256')

    subject.clock.advance('11m')
    await subject.settle()

    expect(before).toBeDefined()
    expect(subject.keys.of(ISSUER).find('a', 'ES256')).toBe(before)
  })

  it('loses a key at the fetch that does not bring it', async () => {
    const { issuer, subject, b } = await startedSubject()
    issuer.publish(b)

    subject.clock.advance('10m')
    await subject.settle()

    expect(await subject.ask('a')).toBe(UNKNOWN)
    expect(await subject.ask('b')).toBe('b')
  })

  it('takes another key under the same kid', async () => {
    const { issuer, subject, a } = await startedSubject()
    const before = subject.keys.of(ISSUER).find('a', 'ES256')
    issuer.publish(newKey('a'))

    subject.clock.advance('10m')
    await subject.settle()

    const after = subject.keys.of(ISSUER).find('a', 'ES256')
    expect(after?.publicJwk?.x).not.toBe(a.jwk.x)
    expect(after).not.toBe(before)
  })
})

describe('an unknown kid', () => {
  it('is looked for by one fetch in 30 seconds, counted from the attempt', async () => {
    const { issuer, subject, a, b } = await startedSubject()
    issuer.publish(a, b)

    expect(await subject.ask('b')).toBe(UNKNOWN)
    subject.clock.advance('29s')
    expect(await subject.ask('b')).toBe(UNKNOWN)
    expect(issuer.asked).toHaveLength(1)

    subject.clock.advance('1s')
    expect(await subject.ask('b')).toBe('b')
    expect(issuer.asked).toHaveLength(2)
  })

  it('is looked for again 30 seconds after the attempt, however long the answer took', async () => {
    const { issuer, subject, a, b } = await startedSubject()
    subject.clock.advance('30s')
    issuer.answers.set(KEYS_URL, () => {
      subject.clock.advance('4s')
      return Response.json({ keys: [a.jwk] })
    })
    expect(await subject.ask('b')).toBe(UNKNOWN)
    issuer.publish(a, b)
    subject.clock.advance('25s')
    expect(await subject.ask('b')).toBe(UNKNOWN)
    subject.clock.advance('1s')

    expect(await subject.ask('b')).toBe('b')
  })

  it('costs one fetch in 30 seconds if it is 10,000 random ones', async () => {
    const { issuer, subject } = await startedSubject()
    subject.clock.advance('30s')

    const answers = new Set<string>()
    for (let at = 0; at < 10_000; at++) answers.add(await subject.ask(`random-${at}`))

    expect(answers).toEqual(new Set([UNKNOWN]))
    expect(issuer.asked).toHaveLength(2)
  })

  it('is marked as unknown, so that a cookie is not cleared for it', async () => {
    const { subject } = await startedSubject()
    const refused = subject.keys.of(ISSUER).fetchKey('b', 'ES256')

    await expect(refused).rejects.toThrow(JwtAuthError)
    await expect(refused).rejects.toMatchObject({ details: { isKeyUnknown: true } })
  })

  it('that the issuer does not have is asked for less and less often', async () => {
    const { issuer, subject } = await startedSubject({ 'cache-control': 'max-age=86400' })

    const times: number[] = []
    for (let seconds = 0; seconds < 3600; seconds += 10) {
      subject.clock.advance(10)
      const before = issuer.asked.length
      expect(await subject.ask('stale')).toBe(UNKNOWN)
      if (issuer.asked.length > before) times.push(seconds + 10)
    }

    expect(times).toEqual([30, 60, 120, 240, 480, 960, 1560, 2160, 2760, 3360])
  })

  it('that was asked for during an outage does not count as one that the issuer lacks', async () => {
    const { issuer, subject, a, b } = await startedSubject()
    issuer.goDown()
    for (let minutes = 0; minutes < 20; minutes += 0.5) {
      subject.clock.advance('30s')
      expect(await subject.ask('b')).toBe(DOWN)
    }
    issuer.publish(a)
    subject.clock.advance('5m')
    await subject.settle()
    expect(subject.infos).toHaveLength(1)
    issuer.publish(a, b)

    subject.clock.advance('30s')
    expect(await subject.ask('b')).toBe('b')
  })

  it('that many ask for at once is asked for again after 30 seconds', async () => {
    const { issuer, subject } = await startedSubject()
    subject.clock.advance('30s')
    await Promise.all(Array.from({ length: 20 }, () => subject.ask('stale')))
    expect(issuer.asked).toHaveLength(2)

    subject.clock.advance('30s')
    expect(await subject.ask('stale')).toBe(UNKNOWN)
    expect(issuer.asked).toHaveLength(3)
  })

  it('is remembered among the latest 1,000, however many come', () => {
    const unknown = new UnknownKids()
    for (let at = 0; at < 5000; at++) unknown.note(`random-${at}`, 0)
    const remembered = Array.from({ length: 5000 }, (_, at) => !unknown.mayAskFor(`random-${at}`, 1))

    expect(remembered.filter(Boolean)).toHaveLength(1000)
    expect(remembered.slice(4000)).not.toContain(false)
  })

  it('stays among the latest 1,000 while it is asked for again and again', () => {
    const unknown = new UnknownKids()
    unknown.note('stale', 0)
    for (let at = 1; at < 1000; at++) unknown.note(`random-${at}`, 0)
    unknown.note('stale', 30_000)
    for (let at = 1; at < 1000; at++) unknown.note(`later-${at}`, 30_000)

    expect(unknown.mayAskFor('stale', 89_999)).toBe(false)
    expect(unknown.mayAskFor('stale', 90_000)).toBe(true)
  })

  it('does not keep another one from being looked for', async () => {
    const { issuer, subject, a, b } = await startedSubject()
    for (let round = 0; round < 5; round++) {
      subject.clock.advance('30s')
      await subject.ask('stale')
    }
    issuer.publish(a, b)
    subject.clock.advance('30s')

    expect(await subject.ask('b')).toBe('b')
  })

  it('is keys_unavailable while the last fetch failed, and a known one passes', async () => {
    const { issuer, subject } = await startedSubject()
    issuer.goDown()
    subject.clock.advance('30s')

    expect(await subject.ask('b')).toBe(DOWN)
    expect(await subject.ask('c')).toBe(DOWN)
    expect(await subject.ask('a')).toBe('a')
    expect(issuer.asked).toHaveLength(2)
  })

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'ES256 a', 'a ', 'A', 'undefined'])(
    'may be %j',
    async (kid) => {
      const { subject } = await startedSubject()

      expect(await subject.ask(kid)).toBe(UNKNOWN)
    },
  )

  it.each([[''], ['x'.repeat(256)], ['x'.repeat(100_000)]])(
    'that cannot be one is refused without a fetch',
    async (kid) => {
      const issuer = new StubIssuer()
      issuer.goDown()
      const subject = new Subject(issuer)

      expect(await subject.ask(kid)).toBe(UNKNOWN)
      expect(issuer.asked).toEqual([])
    },
  )

  it.each(['none', 'HS256', 'RS256', '__proto__', 'constructor', ''])(
    'with the alg %j, which is not configured, is refused without a fetch',
    async (alg) => {
      const issuer = new StubIssuer()
      const subject = new Subject(issuer)

      expect(await subject.ask('a', { alg })).toBe(UNKNOWN)
      expect(issuer.asked).toEqual([])
    },
  )
})

describe('an outage', () => {
  it('is survived by known keys for 24 hours, with ever fewer fetches, and two lines in the log', async () => {
    const { issuer, subject } = await startedSubject()
    issuer.goDown()

    for (let minutes = 0; minutes < 24 * 60 - 5; minutes += 5) {
      subject.clock.advance('5m')
      await subject.settle()
      expect(await subject.ask('a')).toBe('a')
    }
    expect(issuer.asked.length).toBeLessThan(24 * 12 + 5)
    expect(subject.warnings).toEqual([
      `The keys of the issuer "${ISSUER}" could not be fetched: the request failed. ` +
        'The keys that are known are used for up to 24 hours.',
    ])

    subject.clock.advance('10m')
    await subject.settle()
    expect(await subject.ask('a')).toBe(DOWN)
    expect(subject.warnings).toHaveLength(1)

    issuer.publish(newKey('a'))
    subject.clock.advance('5m')
    expect(await subject.ask('a')).toBe('a')
    expect(subject.infos).toEqual([`The keys of the issuer "${ISSUER}" can be fetched again.`])
  })

  it('is told of each time', async () => {
    const { issuer, subject, a } = await startedSubject()
    const waitForFetch = async () => {
      subject.clock.advance('10m')
      await subject.settle()
    }
    for (const outage of [1, 2]) {
      issuer.goDown()
      await waitForFetch()
      issuer.publish(a)
      await waitForFetch()
      await waitForFetch()
      expect([subject.warnings, subject.infos].map(({ length }) => length)).toEqual([outage, outage])
    }
  })

  it('backs off in the background: 30 s, 1 min, 2 min, 4 min, then every 5 min', async () => {
    const { issuer, subject } = await startedSubject()
    issuer.goDown()
    const times: number[] = []
    for (let seconds = 10; seconds <= 2200; seconds += 10) {
      const before = issuer.asked.length
      subject.clock.advance(10)
      await subject.settle()
      if (issuer.asked.length > before) times.push(seconds)
    }

    expect(times).toEqual([600, 630, 690, 810, 1050, 1350, 1650, 1950])
  })

  it('ends for a token with an unknown kid 30 seconds after the last attempt', async () => {
    const { issuer, subject, a, b } = await startedSubject()
    issuer.goDown()
    subject.clock.advance('10h')
    await subject.settle()
    issuer.publish(a, b)

    subject.clock.advance('30s')
    expect(await subject.ask('b')).toBe('b')
  })

  it('of a set that is fresh for 24 hours leaves an hour for it to come back', async () => {
    const { issuer, subject } = await startedSubject({ 'cache-control': 'max-age=86400' })
    issuer.goDown()
    subject.clock.advance('24h')
    await subject.settle()

    expect(await subject.ask('a')).toBe('a')
    subject.clock.advance('1h')
    expect(await subject.ask('a')).toBe(DOWN)
  })

  it('that was none: after a long sleep of the machine a token waits for new keys', async () => {
    const { issuer, subject } = await startedSubject()

    subject.clock.advance('3d')
    expect(await subject.ask('a')).toBe('a')
    expect(issuer.asked).toHaveLength(2)
  })
})

describe('a clock that is set back', () => {
  it('makes the set stale, and a fetch possible', async () => {
    const { issuer, subject, a, b } = await startedSubject()
    issuer.publish(a, b)

    subject.clock.advance('-2d')
    expect(await subject.ask('a')).toBe('a')
    await subject.settle()

    expect(issuer.asked).toHaveLength(2)
    expect(await subject.ask('b')).toBe('b')
  })

  it('does not keep an unknown kid from being looked for', async () => {
    const { issuer, subject, a, b } = await startedSubject()
    subject.clock.advance('30s')
    expect(await subject.ask('b')).toBe(UNKNOWN)
    subject.clock.advance('-1d')
    expect(await subject.ask('b')).toBe(UNKNOWN)
    await subject.settle()
    issuer.publish(a, b)

    subject.clock.advance('1m')
    expect(await subject.ask('b')).toBe('b')
  })

  it('by up to 30 seconds changes nothing', async () => {
    const { issuer, subject } = await startedSubject()
    for (let step = 0; step < 30; step++) {
      subject.clock.advance('-1s')
      expect(await subject.ask('a')).toBe('a')
      expect(await subject.ask('b')).toBe(UNKNOWN)
      await subject.settle()
    }

    expect(issuer.asked).toHaveLength(1)
  })

  it('does not make known keys last longer than 24 hours', async () => {
    const { issuer, subject } = await startedSubject()
    issuer.goDown()
    subject.clock.advance('20h')
    await subject.settle()
    subject.clock.advance('-30d')
    expect(await subject.ask('a')).toBe('a')
    await subject.settle()

    subject.clock.advance('5h')
    expect(await subject.ask('a')).toBe(DOWN)
  })
})

describe('a fetch that has ended', () => {
  it.each<[string, (signal: AbortSignal) => Promise<unknown>]>([
    ['with an answer', async () => 'keys'],
    ['with a failure', () => Promise.reject(new Error('no connection'))],
    ['because it took too long', () => new Promise(() => undefined)],
  ])('%s, is stopped, and leaves no listener behind that waits for the end of the app', async (_, work) => {
    const { signal } = new AbortController()
    let given: AbortSignal | undefined
    const fetching = withDeadline(5, signal, (its) => {
      given = its
      return work(its)
    })
    expect(getEventListeners(signal, 'abort')).toHaveLength(1)
    await fetching.catch(() => undefined)

    expect(given?.aborted).toBe(true)
    expect(getEventListeners(signal, 'abort')).toEqual([])
  })
})

describe('after close', () => {
  it('nothing is fetched any more, and known keys are found', async () => {
    const { issuer, subject } = await startedSubject()
    subject.keys.close()

    subject.clock.advance('2h')
    await subject.settle()

    expect(await subject.ask('a')).toBe('a')
    expect(await subject.ask('b')).toBe(UNKNOWN)
    expect(issuer.asked).toHaveLength(1)
  })

  it('a fetch under way ends, without a line in the log', async () => {
    const issuer = new StubIssuer()
    issuer.answers.set(KEYS_URL, () => new Promise<Response>(() => undefined))
    const subject = new Subject(issuer)
    const answers: string[] = []
    void subject.ask('a').then((answer) => answers.push(answer))
    await subject.settle()
    expect(answers).toEqual([])

    let timers = 0
    Object.assign(subject.clock, { wakeAt: () => void timers++ })
    subject.keys.close()
    await subject.settle()

    expect(answers).toEqual([DOWN])
    expect(timers).toBe(0)
    expect(subject.warnings).toEqual([])
  })
})
