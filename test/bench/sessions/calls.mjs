import { createHash, randomUUID } from 'node:crypto'

export const NOW = Date.now()
export const KEEP = NOW + 30 * 86_400_000

export async function openAll(store, count) {
  const all = []
  for (let number = 0; number < count; number++) {
    all.push(await openOne(store, `user-${randomUUID()}`))
  }
  return Object.assign(all, { at: 0 })
}

const newToken = () => ({ jti: randomUUID(), iat: Math.floor(NOW / 1000), exp: Math.floor(KEEP / 1000) })
export const pick = (all) => all[Math.floor(Math.random() * all.length)]
export const next = (all) => all[all.at++ % all.length]

export async function checkThrough(store, { subject, id }) {
  const { session } = await store.lookUp({ subject, sessionId: id, jti: id, now: NOW })
  if (session === undefined) throw new Error('a session is gone')
}

export async function rotateThrough(store, session) {
  const successor = newToken()
  const presented = session.current.jti
  session.current = successor
  const { subject, id: sessionId } = session
  const { kind } = await store.rotate({
    subject,
    sessionId,
    presented,
    successor,
    keepUntil: KEEP,
    reuseGrace: 10_000,
    patience: 10_000,
    now: NOW,
  })
  if (kind !== 'rotated') throw new Error(`a rotation was ${kind}`)
}

export async function openOne(store, subject, max) {
  const session = {
    id: randomUUID(),
    subject,
    createdAt: NOW,
    lastUsedAt: NOW,
    authTime: NOW,
    endsAt: undefined,
    current: newToken(),
    parent: undefined,
    keepUntil: KEEP,
    data: '{"metadata":{"device":"Firefox on Linux","address":"203.0.113.7"},"claims":{}}',
  }
  await store.open({ session, max, now: NOW })
  return { ...session, key: createHash('sha256').update(subject, 'utf16le').digest('base64url') }
}
