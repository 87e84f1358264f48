import { ok } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import type { SessionStore } from '../../sessions/store/session-store.js'
import { type Cases, find, KEEP, newSession, NOW, open, rotated, use } from './fixture.js'
import type { SessionRecord } from '../../sessions/session.js'

/** Milliseconds. Only a store that does not tell takes so long. */
const PATIENCE = 30_000

type Ending = (store: SessionStore, session: SessionRecord) => Promise<unknown>

const ENDINGS: Readonly<Record<string, Ending>> = {
  end: (store, { subject, id: sessionId }) => store.end({ subject, sessionId, now: NOW }),
  'end by the id alone': (store, { id: sessionId }) => store.end({ sessionId, now: NOW }),
  endAll: (store, { subject }) => store.endAll({ subject, keepUntil: KEEP, now: NOW }),
  revokeToken: (store, { subject }) =>
    store.revokeToken({ jti: randomUUID(), subject, keepUntil: KEEP, now: NOW }),
  'a token that was used before': async (store, session) => {
    await rotated(store, session, session.current)
    await find(store, session)
    await use(store, session, randomUUID())
  },
  'one session too many': (store, { subject }) =>
    store.open({ session: newSession({ subject, lastUsedAt: NOW + 1 }), max: 1, now: NOW }),
}

function askForTokens(store: SessionStore, { subject, id }: SessionRecord): Promise<unknown> {
  return store.lookUpTokens({ subject, sessionIds: [id], jtis: [], now: NOW })
}

/** For stores whose `watch` returns a function; the others tell nobody. */
export const watchCases: Cases = Object.fromEntries(
  [
    ...Object.entries(ENDINGS).map(([name, end]) => ({ name, end, ask: find })),
    { name: 'end after lookUpTokens', end: ENDINGS['end'] as Ending, ask: askForTokens },
  ].map(({ name, end, ask }) => [
    `watch: tells of ${name}`,
    async (store: SessionStore) => {
      const heard = new Set<string | undefined>()
      let onHeard = (): void => undefined
      const unwatch = store.watch?.((subject) => {
        heard.add(subject)
        onHeard()
      })
      if (typeof unwatch !== 'function') return
      try {
        const session = await open(store)
        await ask(store, session)
        await end(store, session)
        const isTold = (): boolean => heard.has(session.subject) || heard.has(undefined)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, PATIENCE)
          onHeard = () => {
            if (!isTold()) return
            clearTimeout(timer)
            resolve()
          }
          onHeard()
        })
        ok(isTold(), `watch did not tell of ${name}`)
      } finally {
        unwatch()
      }
    },
  ]),
)
