import { randomUUID } from 'node:crypto'
import { expect, it } from '@jest/globals'
import type { SessionRecord, TokenInput } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { describeWith } from '../support/services.js'
import { refusalOf, startInstance } from './support/app.js'
import { connect, connectCluster, ownPrefix } from './support/clients.js'
import { command, startCluster } from './support/redis-cluster.js'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const NOW = Date.now()
const newToken = () => ({ jti: randomUUID(), iat: NOW / 1000, exp: NOW / 1000 + 3600 })

function newSession(subject: string, keepUntil: number): SessionRecord {
  const times = { createdAt: NOW, lastUsedAt: NOW, authTime: NOW, endsAt: undefined, keepUntil }
  return { id: randomUUID(), subject, ...times, current: newToken(), parent: undefined, data: '{}' }
}

describeWith('redis', 'what a RedisSessionStore leaves in Redis', (url) => {
  const prefix = ownPrefix(url)

  async function start() {
    const client = await connect(url)
    const store = new RedisSessionStore({ client, prefix })
    const keysOf = async (subject: string) => (await client.keys(`${prefix}*${subject}*`)).toSorted()
    return { client, store, keysOf, ...(await startInstance(store)), subject: randomUUID() }
  }

  it('is one key for all that a subject has, and one that leads from a session to its subject', async () => {
    const { client, tokens, keysOf, subject } = await start()
    const { sessionId, accessToken } = await tokens.issue(subject)
    await tokens.issueAccessToken(subject)
    await tokens.issueOneTimeToken('reset', subject, { expiresIn: '1h' })
    await tokens.revoke(accessToken)
    expect(await keysOf(subject)).toEqual([`${prefix}{${subject}}`])
    expect(await client.get(`${prefix}of:${sessionId}`)).toBe(subject)
  })

  it('holds no text of a token', async () => {
    const { client, tokens, subject } = await start()
    const pair = await tokens.issue(subject)
    const texts = Object.values(await client.hGetAll(`${prefix}{${subject}}`)).join()
    for (const token of [pair.accessToken, pair.refreshToken ?? '']) {
      for (const part of token.split('.')) expect(texts).not.toContain(part)
    }
  })

  it('is gone a little after the last record of the subject is past, by the time that the server counts', async () => {
    const { client, tokens, subject, clock } = await start()
    const key = `${prefix}{${subject}}`
    const days = async (name: string) => (await client.pTTL(name)) / (24 * HOUR)
    const { sessionId, refreshToken = '' } = await tokens.issue(subject)
    expect(await days(key)).toBeCloseTo(33, 1)
    // However the app's clock and the server's differ.
    clock.advance('-400d')
    await tokens.issueOneTimeToken('reset', subject, { expiresIn: '1h' })
    expect(await days(key)).toBeCloseTo(33, 1)
    clock.advance('410d')
    await tokens.refresh(refreshToken)
    expect(await days(key)).toBeCloseTo(33, 1)
    expect(await days(`${prefix}of:${sessionId}`)).toBeCloseTo(33, 1)
    clock.advance('10d')
    await tokens.revokeSession(sessionId ?? '')
    expect(await client.exists(`${prefix}of:${sessionId}`)).toBe(0)
  })

  it('is kept until the last record of the subject is past, in whatever order they come', async () => {
    const { client, store, subject } = await start()
    const days = async (name = subject) => (await client.pTTL(`${prefix}{${name}}`)) / DAY
    const inDays = (count: number) => ({ subject, keepUntil: NOW + count * DAY, now: NOW })
    await store.addOneTimeToken({ jti: 'a', ...inDays(1) })
    expect(await days()).toBeCloseTo(1)
    await store.revokeToken({ jti: 'b', ...inDays(2) })
    expect(await days()).toBeCloseTo(2)
    await store.keepGeneration(inDays(3))
    expect(await days()).toBeCloseTo(3)
    await store.endAll(inDays(4))
    expect(await days()).toBeCloseTo(4)
    await store.open({ session: newSession(subject, NOW + 5 * DAY), now: NOW })
    // A tenth longer, so that few refreshes change it.
    expect(await days()).toBeCloseTo(5.5)

    await store.keepGeneration(inDays(3))
    await store.endAll(inDays(1))
    await store.addOneTimeToken({ jti: 'c', ...inDays(1) })
    expect(await days()).toBeCloseTo(5.5)

    const nobody = randomUUID()
    await store.endAll({ ...inDays(2), subject: nobody })
    expect(await days(nobody)).toBeCloseTo(2)
  })

  it('is there, and knows whose a session is, for as long as the session is refreshed', async () => {
    const { client, tokens, subject, clock } = await start()
    const { sessionId = '', refreshToken: first = '' } = await tokens.issue(subject)
    const keys = [`${prefix}{${subject}}`, `${prefix}of:${sessionId}`]
    let refreshToken = first
    for (let month = 0; month < 6; month++) {
      clock.advance('29d')
      // As if the server had counted those days too.
      for (const key of keys) await client.pExpire(key, (await client.pTTL(key)) - 29 * DAY)
      refreshToken = (await tokens.refresh(refreshToken)).refreshToken ?? ''
      for (const key of keys) expect((await client.pTTL(key)) / DAY).toBeCloseTo(33, 1)
    }
    expect(await tokens.revokeSession(sessionId)).toBe(true)
    expect(await refusalOf(tokens.refresh(refreshToken))).toBe('token_revoked')
  })

  it('is written with one command by a refresh, and with three if the session is kept for longer than noted', async () => {
    const { client, subject } = await start()
    const sent: (string | undefined)[] = []
    const sendCommand = (args: string[]) => {
      // Once a second it asks for that too, in the same round trip.
      if (args[0] !== 'ROLE') sent.push(args[0])
      return client.sendCommand(args)
    }
    const store = new RedisSessionStore({ client: { sendCommand }, prefix })
    const session = newSession(subject, NOW + 10 * DAY)
    const { id: sessionId } = session
    await store.open({ session, now: NOW })
    let presented = session.current.jti
    const commandsAfter = async (days: number) => {
      sent.length = 0
      const now = NOW + days * DAY
      const input = { sessionId, subject, presented, successor: newToken(), mayRepeat: false, now }
      expect(await store.rotate({ ...input, keepUntil: now + 10 * DAY })).toEqual({ kind: 'rotated' })
      presented = input.successor.jti
      return sent.join()
    }
    const counts = []
    for (const days of [0, 0.9, 1.1, 1.2, 2, 2.2]) counts.push(await commandsAfter(days))
    const [one, three] = ['EVALSHA', 'EVALSHA,SET,EVALSHA']
    expect(counts).toEqual([one, one, three, one, one, three])
  })

  it.each<[string, (store: RedisSessionStore, record: TokenInput) => Promise<unknown>]>([
    ['revoked tokens', (store, record) => store.revokeToken(record)],
    ['one-time tokens', (store, record) => store.addOneTimeToken(record)],
  ])('does not grow with %s that are past', async (_, add) => {
    const { client, store, subject } = await start()
    for (let count = 0; count < 100; count++) {
      const now = NOW + count * HOUR
      await add(store, { jti: `token-${count}`, subject, keepUntil: now + 2 * HOUR, now })
    }
    expect(await client.hLen(`${prefix}{${subject}}`)).toBeLessThan(20)
  })

  it('does not grow with sessions that are past', async () => {
    const { client, tokens, subject, clock } = await start()
    for (let login = 0; login < 100; login++) {
      await tokens.issue(subject)
      clock.advance('10d')
    }
    expect(await tokens.sessions(subject)).toHaveLength(2)
    expect(await client.hLen(`${prefix}{${subject}}`)).toBeLessThan(20)
  })

  it('is not that of a subject who is named like the key of another', async () => {
    const { client } = await start()
    const own = `${prefix}names:`
    const named = new RedisSessionStore({ client, prefix: own })
    // Too long for a key, so it is there by its digest.
    const subject = randomUUID().repeat(4)
    const session = newSession(subject, NOW + HOUR)
    await named.open({ session, now: NOW })
    const keys = await client.keys(`${own}{*}`)
    expect(keys).toHaveLength(1)
    const lookAlike = keys[0]?.slice(own.length + 1, -1) ?? ''
    expect(lookAlike).not.toBe(subject)
    expect(await named.list({ subject: lookAlike, now: NOW })).toEqual([])
    expect(await named.endAll({ subject: lookAlike, keepUntil: NOW + HOUR, now: NOW })).toBe(0)
    expect(await named.list({ subject, now: NOW })).toHaveLength(1)
  })

  it('keeps two apps on one Redis apart by their prefixes', async () => {
    const { client, tokens, subject } = await start()
    const other = await startInstance(new RedisSessionStore({ client, prefix: `${prefix}other:` }))
    const { accessToken, sessionId = '' } = await tokens.issue(subject)
    expect(await refusalOf(other.tokens.verify(accessToken))).toBe('token_revoked')
    expect(await other.tokens.revokeSession(sessionId)).toBe(false)
    expect(await other.tokens.revokeAll(subject)).toBe(0)
    expect(await refusalOf(tokens.verify(accessToken))).toBeUndefined()
  })

  it('takes no prefix that would decide over the slots of a cluster', async () => {
    const client = await connect(url)
    expect(() => new RedisSessionStore({ client, prefix: '{all}:' })).toThrow(TypeError)
  })
})

describeWith('redis-server', 'what a RedisSessionStore leaves in a cluster of three primaries', () => {
  let started: ReturnType<typeof startCluster> | undefined

  async function startOnCluster() {
    const servers = await (started ??= startCluster())
    const cluster = await connectCluster(servers.map(({ url }) => url))
    return { servers, cluster, ...(await startInstance(new RedisSessionStore({ client: cluster }))) }
  }

  it('has all of a subject in one slot, and subjects everywhere', async () => {
    const { servers, tokens } = await startOnCluster()
    const subjects = Array.from({ length: 60 }, () => randomUUID())
    for (const subject of subjects) {
      const { accessToken, refreshToken = '' } = await tokens.issue(subject)
      await tokens.issue(subject)
      await tokens.issueAccessToken(subject)
      await tokens.issueOneTimeToken('reset', subject, { expiresIn: '1h' })
      await tokens.refresh(refreshToken)
      await tokens.revoke(accessToken)
    }
    const perServer = await Promise.all(servers.map((server) => command(server, 'KEYS', 'nest-jwt:{*}')))
    const keys = perServer.map((names) => names.split(',').filter(Boolean))
    expect(keys.flat().toSorted()).toEqual(subjects.map((subject) => `nest-jwt:{${subject}}`).toSorted())
    for (const some of keys) expect(some.length).toBeGreaterThan(5)
  })

  it('has what leads from a session to its subject anywhere, and can lose it', async () => {
    const { servers, cluster, tokens } = await startOnCluster()
    const sessions = []
    let elsewhere = 0
    for (let login = 0; login < 20; login++) {
      const subject = randomUUID()
      const { sessionId = '', refreshToken = '' } = await tokens.issue(subject)
      const pointer = `nest-jwt:of:${sessionId}`
      const places = [`nest-jwt:{${subject}}`, pointer].map((key) =>
        command(servers[0]!, 'CLUSTER', 'KEYSLOT', key),
      )
      if (new Set(await Promise.all(places)).size === 2) elsewhere++
      expect(await cluster.del(pointer)).toBe(1)
      sessions.push({ subject, sessionId, refreshToken })
    }
    expect(elsewhere).toBeGreaterThan(15)

    for (const { subject, sessionId, refreshToken } of sessions) {
      const next = await tokens.refresh(refreshToken)
      expect((await tokens.verify(next.accessToken)).claims.sid).toBe(sessionId)
      expect((await tokens.sessions(subject)).map(({ id }) => id)).toEqual([sessionId])
      expect(await tokens.revokeSession(sessionId)).toBe(false)
      expect(await refusalOf(tokens.verify(next.accessToken))).toBeUndefined()
    }
    const [first, second, third] = sessions
    expect(await tokens.revokeSession(first!.sessionId, { subject: first!.subject })).toBe(true)
    expect(await tokens.sessions(first!.subject)).toEqual([])
    expect(await tokens.revokeAll(second!.subject)).toBe(1)
    expect(await tokens.sessions(second!.subject)).toEqual([])
    await tokens.revoke(third!.refreshToken)
    expect(await tokens.sessions(third!.subject)).toEqual([])
  })

  it('finds the subject of a session by its id alone, where nothing is lost', async () => {
    const { tokens } = await startOnCluster()
    const { accessToken, sessionId = '' } = await tokens.issue(randomUUID())
    expect(await tokens.revokeSession(sessionId)).toBe(true)
    expect(await refusalOf(tokens.verify(accessToken))).toBe('token_revoked')
  })
})
