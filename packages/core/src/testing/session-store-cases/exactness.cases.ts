import { deepEqual, equal } from 'node:assert/strict'
import { randomBytes, randomUUID } from 'node:crypto'
import type { SessionRecord } from '../../sessions/session.js'
import { type Cases, find, HOUR, idsOf, KEEP, lives, newToken, NOW, open, rotated, use } from './fixture.js'

/** Texts that some collation, encoding or escape takes for one another. */
const LOOKALIKES: Readonly<Record<string, readonly [string, string]>> = {
  case: ['ada', 'Ada'],
  'case outside ASCII': ['ÅSA', 'åsa'],
  'a space at the end': ['ada', 'ada '],
  'spaces at the end': ['ada ', 'ada  '],
  'a space at the start': ['ada', ' ada'],
  'a line end': ['ada', 'ada\n'],
  'an accent': ['jose', 'josé'],
  'two ways to write one letter': ['caf\u00e9', 'cafe\u0301'],
  'letters that sort alike': ['strasse', 'straße'],
  'the Turkish i': ['ali', 'alı'],
  emoji: ['🐈', '🐕'],
  'width of letters': ['ada', 'ａｄａ'],
  'a NUL at the end': ['ada', 'ada\0'],
  'what follows a NUL': ['ada\0b', 'ada\0c'],
  'lone surrogates': ['\ud800', '\udfff'],
  'a lone surrogate and its replacement': ['\ud83d', '\ufffd'],
  quotes: ["o'hara", "o''hara"],
  'double quotes': ['ada', '"ada"'],
  backslashes: ['a\\b', 'a\\\\b'],
  'an escape': ['a\\u0000', 'a\0'],
  wildcards: ['a_a', 'aXa'],
  percent: ['a%', 'ab'],
  numbers: ['1', '1.0'],
  'numbers with zeros': ['7', '07'],
  'the 255th character': [`${'x'.repeat(200)}a`, `${'x'.repeat(200)}b`],
  'the 255th character, where they are long': [`${'語'.repeat(200)}a`, `${'語'.repeat(200)}b`],
}

const subjectCases: Cases = Object.fromEntries(
  Object.entries(LOOKALIKES).map(([difference, pair]) => [
    `subjects are exact: ${difference}`,
    async (store) => {
      const prefix = randomBytes(27).toString('hex')
      const [one, two] = [prefix + pair[0], prefix + pair[1]]
      const [first, second] = [await open(store, { subject: one }), await open(store, { subject: two })]
      const jti = randomUUID()
      await store.addOneTimeToken({ jti, subject: two, keepUntil: KEEP, now: NOW })
      deepEqual((await find(store, first))?.subject, one)
      deepEqual(
        (await store.list({ subject: two, now: NOW })).map(({ subject }) => subject),
        [two],
      )
      deepEqual(await idsOf(store, one), new Set([first.id]))
      equal(await store.end({ sessionId: second.id, subject: one, now: NOW }), false)
      equal(await store.endAll({ subject: one, keepUntil: KEEP, now: NOW }), 1)
      equal(await lives(store, second), true)
      equal(((await store.lookUp({ subject: two, now: NOW })).generation ?? 0) % 2 ** 20, 0)
      await open(store, { subject: one }, 1)
      equal(await lives(store, second), true)
      equal(await store.consumeOneTimeToken({ jti, subject: two, now: NOW }), true)
    },
  ]),
)

const keptAsItIs =
  (changes: () => Partial<SessionRecord>): Cases[string] =>
  async (store) => {
    const session = await open(store, changes())
    deepEqual(await find(store, session), session)
    deepEqual(await store.list({ subject: session.subject, now: NOW }), [session])
    const { keepUntil } = session
    const successor = { ...newToken(), exp: session.current.exp + 1.001 }
    const current = await rotated(store, session, session.current, { successor, keepUntil })
    const found = await find(store, session)
    const parent = { jti: session.current.jti, rotatedAt: found?.parent?.rotatedAt }
    deepEqual(found, { ...session, current, parent, lastUsedAt: NOW })
  }

const oddMetadata = {
  device: 'Ada’s 📱 – 語 \u202e',
  escapes: '\0\b\f\n\r\t\v\u2028\u2029\u007f\u0085\ufeff\ufffe',
  surrogates: '\ud800 \udc00',
  quotes: `' '' " \` \\ \\' \\" $1 ? :name %s \${x} -- /* ; */`,
  number: [0.1, -0, 1e300],
  nothing: [null, {}, [], ''],
}

export const exactnessCases: Cases = {
  ...subjectCases,

  'data is kept as it is: letters, escapes and quotes': keptAsItIs(() => ({
    data: JSON.stringify({ metadata: oddMetadata, claims: { constructor: 1 } }),
  })),

  'data is kept as it is: white space, order and repeated names': keptAsItIs(() => ({
    data: '{ "b" : 1.0,\n\t"a":  2,   "__proto__": {}, "b":"\\u00e9\\/" } ',
  })),

  'data is kept as it is: 8192 characters, 3 bytes each': keptAsItIs(() => ({
    data: JSON.stringify({ metadata: { note: '' } }).replace('""', `"${'語'.repeat(8192 - 24)}"`),
  })),

  'times are kept to the millisecond': keptAsItIs(() => ({
    createdAt: NOW - 123_456_789,
    lastUsedAt: NOW - 7,
    authTime: NOW - 1,
    endsAt: NOW + 333,
    current: { jti: randomUUID(), iat: 1_763_721_000.001, exp: 2_763_721_000.999 },
    keepUntil: NOW + HOUR + 1,
  })),

  'ids are exact: case, punctuation and length': async (store) => {
    const tail = randomBytes(24).toString('base64url')
    const pairs = [
      [`a${tail}`, `A${tail}`],
      [`-${tail}`, `_${tail}`],
      [`${'x'.repeat(31)}${tail}y`, `${'x'.repeat(31)}${tail}Y`],
    ] as const
    for (const [one, two] of pairs) {
      const session = await open(store, { id: one, current: { ...newToken(), jti: one } })
      const { subject } = session
      equal(await find(store, { id: two, subject }), undefined)
      equal(await store.end({ sessionId: two, subject, now: NOW }), false)
      await store.revokeToken({ jti: one, subject, keepUntil: KEEP, now: NOW })
      equal((await store.lookUp({ subject, jti: one, now: NOW })).revoked, true)
      equal((await store.lookUp({ subject, jti: two, now: NOW })).revoked, false)
      await store.addOneTimeToken({ jti: one, subject, keepUntil: KEEP, now: NOW })
      equal(await store.consumeOneTimeToken({ jti: two, subject, now: NOW }), false)
      equal(await store.consumeOneTimeToken({ jti: one, subject, now: NOW }), true)
      const other = await open(store, { id: two, subject })
      equal(await store.endAll({ subject, except: one, keepUntil: KEEP, now: NOW }), 1)
      equal(await lives(store, other), false)
      deepEqual(await use(store, session, two), { kind: 'reused' })
    }
  },
}
