import { randomUUID } from 'node:crypto'
import { expect, it } from '@jest/globals'
import type { RotateInput, SessionRecord } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { describeWith } from '../support/services.js'
import { refusalOf, startInstance } from './support/app.js'
import { connect } from './support/clients.js'
import { command } from './support/redis-cluster.js'
import { RedisServer } from './support/redis-server.js'

const WITH_LOG = ['--appendonly', 'yes', '--appendfsync', 'always']
const NOW = Date.now()
const newToken = () => ({ jti: randomUUID(), iat: NOW / 1000, exp: NOW / 1000 + 3600 })

function newSession(): SessionRecord {
  return {
    id: randomUUID(),
    subject: 'ada',
    createdAt: NOW,
    lastUsedAt: NOW,
    authTime: NOW,
    endsAt: undefined,
    current: newToken(),
    parent: undefined,
    keepUntil: NOW + 3_600_000,
    data: '{}',
  }
}

async function opened(store: RedisSessionStore): Promise<SessionRecord> {
  const session = newSession()
  await store.open({ session, now: NOW })
  return session
}

/** A use of the session's current token. */
function useOf({ id: sessionId, subject, current, keepUntil }: SessionRecord): RotateInput {
  const presented = current.jti
  return { sessionId, subject, presented, successor: newToken(), keepUntil, mayRepeat: true, now: NOW }
}

async function start(...settings: string[]) {
  const server = await RedisServer.start(...settings)
  const client = await connect(server.url)
  const store = new RedisSessionStore({ client })
  return { server, client, store, ...(await startInstance(store)) }
}

/** Asks again for as long as the store is unavailable. */
async function whenBack<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (Reflect.get(Object(error), 'errorCode') !== 'store_unavailable') throw error
      // A refusal without a connection waits for nothing.
      await new Promise(setImmediate)
    }
  }
}

describeWith('redis-server', 'RedisSessionStore and what only Redis does', () => {
  it('SCRIPT FLUSH: scripts are told again, and no request notices', async () => {
    const { client, tokens } = await start()
    let { refreshToken = '' } = await tokens.issue('ada')
    for (let round = 0; round < 5; round++) {
      await client.scriptFlush()
      ;({ refreshToken = '' } = await tokens.refresh(refreshToken))
    }
    await client.scriptFlush()
    const pairs = await Promise.all(Array.from({ length: 20 }, () => tokens.issue('bob')))
    await client.scriptFlush()
    expect(await tokens.revokeAll('bob')).toBe(pairs.length)
  })

  it('a restart that keeps its data: sessions go on, and what was revoked stays dead', async () => {
    const { server, tokens } = await start(...WITH_LOG)
    const kept = await tokens.issue('ada')
    const [gone, single] = [await tokens.issue('ada'), await tokens.issueAccessToken('bob')]
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    await tokens.consumeOneTimeToken('reset', once)
    await tokens.revokeSession(gone.sessionId ?? '')
    await tokens.revoke(single)
    await server.kill()
    await server.launch()
    await whenBack(() => tokens.verify(kept.accessToken))
    expect(await refusalOf(tokens.verify(gone.accessToken))).toBe('token_revoked')
    expect(await refusalOf(tokens.verify(single))).toBe('token_revoked')
    expect(await refusalOf(tokens.consumeOneTimeToken('reset', once))).toBe('token_revoked')
    expect((await tokens.refresh(kept.refreshToken ?? '')).sessionId).toBe(kept.sessionId)
    expect(await tokens.revokeSession(kept.sessionId ?? '')).toBe(true)
  })

  it.each([
    { loss: 'a restart without persistence', lose: (server: RedisServer) => server.kill() },
    { loss: 'FLUSHALL', lose: (server: RedisServer) => command(server, 'FLUSHALL') },
  ])('$loss: everybody is signed out, and nobody let in', async ({ lose, loss }) => {
    const { server, tokens } = await start()
    const [pair, revoked] = [await tokens.issue('ada'), await tokens.issue('bob')]
    const spent = pair.refreshToken ?? ''
    const { refreshToken = '', accessToken } = await tokens.refresh(spent)
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    const alone = [await tokens.issueAccessToken('eve'), await tokens.issueAccessToken('eve')]
    await tokens.revoke(alone[0] ?? '')
    alone.push(await tokens.issueAccessToken('bob'))
    await tokens.revokeAll('bob')
    await lose(server)
    if (loss !== 'FLUSHALL') await server.launch()
    await whenBack(() => tokens.issueAccessToken('eve'))
    for (const token of [pair.accessToken, accessToken, revoked.accessToken, ...alone]) {
      expect(await refusalOf(whenBack(() => tokens.verify(token)))).toBe('token_revoked')
    }
    for (const token of [spent, refreshToken, revoked.refreshToken ?? '']) {
      expect(await refusalOf(tokens.refresh(token))).toBe('token_revoked')
    }
    expect(await refusalOf(tokens.consumeOneTimeToken('reset', once))).toBe('token_revoked')
    expect(await tokens.sessions('ada')).toEqual([])
    await tokens.verify((await tokens.issue('ada')).accessToken)
  })

  it('a lost connection: the client comes back by itself', async () => {
    const { server, tokens } = await start()
    const { accessToken, refreshToken = '' } = await tokens.issue('ada')
    await command(server, 'CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')
    await whenBack(() => tokens.verify(accessToken))
    await tokens.refresh(refreshToken)
  })

  it('a server that hangs: store_unavailable, and normal again when it goes on', async () => {
    const { server, tokens } = await start()
    const { accessToken, refreshToken = '' } = await tokens.issue('ada')
    server.pause()
    const attempts = [
      tokens.verify(accessToken),
      tokens.refresh(refreshToken),
      tokens.issue('bob'),
      tokens.revokeAll('ada'),
      tokens.sessions('ada'),
    ]
    const codes = await Promise.all(attempts.map(refusalOf))
    server.resume()
    expect(new Set(codes)).toEqual(new Set(['store_unavailable']))
    // It comes to what it was asked: nobody knows what that was, only that everybody was told so.
    await whenBack(() => tokens.issue('ada'))
  })

  it('a rotation that it comes to long after is left: the token that the client has is still good', async () => {
    const { client, store } = await start('--enable-debug-command', 'yes')
    const session = await opened(store)
    const { subject, id: sessionId } = session
    const use = (jti: string, deadline?: number) =>
      store.rotate({ ...useOf(session), presented: jti, deadline })
    const { time = 0 } = await store.lookUp({ subject, sessionId, forRefresh: true, now: NOW })
    const asleep = client.sendCommand(['DEBUG', 'SLEEP', '1.2'])
    await expect(use(session.current.jti, time + 1000)).rejects.toThrow('after its deadline')
    await asleep
    expect(await use(session.current.jti)).toEqual({ kind: 'rotated' })
  })

  it.each([null, 'OK'])(
    'a client that answers %j to a rotation: an error, and no new token',
    async (reply) => {
      const { client, store } = await start()
      const session = await opened(store)
      const sendCommand = (args: string[]) =>
        args.some((arg) => arg === session.current.jti) ? Promise.resolve(reply) : client.sendCommand(args)
      const odd = new RedisSessionStore({ client: { sendCommand } })
      await expect(odd.rotate(useOf(session))).rejects.toThrow('a reply that is not known')
    },
  )

  it('a primary that is made a replica: nothing is written, and nothing that may be behind is believed', async () => {
    const { server, tokens } = await start()
    const other = await RedisServer.start()
    const { accessToken, refreshToken = '' } = await tokens.issue('ada')
    await tokens.verify(accessToken)
    await tokens.issueAccessToken('bob')
    const consumed = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    await tokens.consumeOneTimeToken('reset', consumed)
    // Of one that is not there, so it keeps what it has and answers with it.
    await other.kill()
    await command(server, 'REPLICAOF', '127.0.0.1', String(other.port))
    expect(await refusalOf(tokens.issue('ada'))).toBe('store_unavailable')
    expect(await refusalOf(tokens.refresh(refreshToken))).toBe('store_unavailable')
    expect(await refusalOf(tokens.revokeAll('ada'))).toBe('store_unavailable')
    let answer: string | undefined
    while (answer === undefined) answer = await refusalOf(tokens.verify(accessToken))
    expect(answer).toBe('store_unavailable')
    const answers = [
      () => tokens.verify(accessToken),
      () => tokens.refresh(refreshToken),
      () => tokens.sessions('ada'),
      () => tokens.issueAccessToken('bob'),
      () => tokens.revokeSession(randomUUID()),
      () => tokens.revokeSession(randomUUID(), { subject: 'ada' }),
      () => tokens.consumeOneTimeToken('reset', consumed),
    ]
    for (const ask of answers)
      expect([String(ask), await refusalOf(ask())]).toEqual([String(ask), 'store_unavailable'])
    await command(server, 'REPLICAOF', 'NO', 'ONE')
    await tokens.verify(accessToken)
    await tokens.refresh(refreshToken)
  })

  it('a session whose owner cannot be noted is not opened for anybody', async () => {
    const { client } = await start()
    const sendCommand = (args: string[]) =>
      args[0] === 'SET'
        ? Promise.reject(new Error('CLUSTERDOWN Hash slot not served'))
        : client.sendCommand(args)
    const { tokens } = await startInstance(new RedisSessionStore({ client: { sendCommand } }))
    expect(await refusalOf(tokens.issue('ada'))).toBe('store_unavailable')
  })

  it('a session that is refreshed while its owner cannot be noted keeps the token that it has', async () => {
    const { client } = await start()
    let isAway = false
    const sendCommand = (args: string[]) =>
      isAway && args[0] === 'SET' ? Promise.reject(new Error('CLUSTERDOWN')) : client.sendCommand(args)
    const store = new RedisSessionStore({ client: { sendCommand } })
    const session = await opened(store)
    const longer = { ...useOf(session), keepUntil: session.keepUntil + 86_400_000 }
    isAway = true
    await expect(store.rotate(longer)).rejects.toThrow('CLUSTERDOWN')
    isAway = false
    expect(await store.rotate(longer)).toEqual({ kind: 'rotated' })
    expect(await store.end({ sessionId: session.id, now: NOW })).toBe(true)
  })

  it('the records of a subject are read as a whole only when they have doubled', async () => {
    const { server, store } = await start()
    for (let count = 0; count < 300; count++) {
      const jti = `token-${count}`
      await store.revokeToken({ jti, subject: 'ada', keepUntil: NOW + 3_600_000, now: NOW })
    }
    // At 17 fields, and then at 35, 71, 143 and 287.
    expect(await command(server, 'INFO', 'commandstats')).toContain('cmdstat_hgetall:calls=5,')
  })

  it('a token is not exchanged on a generation that is past', async () => {
    const { store } = await start()
    const exchange = async (now: number) => {
      const jti = randomUUID()
      const keepUntil = NOW + 3_600_000
      const generation = await store.keepGeneration({ subject: 'ada', keepUntil, now: NOW })
      const session = { ...newSession(), keepUntil: NOW + 7_200_000 }
      return store.open({ session, exchanged: { jti, generation, keepUntil: NOW + 7_200_000 }, now })
    }
    expect(await exchange(NOW + 3_599_999)).toBe(true)
    expect(await exchange(NOW + 3_600_000)).toBe(false)
  })

  it('a client that was never connected, or was closed: store_unavailable', async () => {
    const { client, tokens } = await start()
    client.destroy()
    expect(await refusalOf(tokens.issue('ada'))).toBe('store_unavailable')
  })
})
