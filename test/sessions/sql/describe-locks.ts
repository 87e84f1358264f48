import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import { startModule } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import { refreshTokenOf, withCode } from '../token-service/start.js'
import { opened, use } from './a-session.js'
import type { Scratch } from './databases.js'

const LOCKS = {
  'a lock on the row': "select id from jwt_auth_sessions where id = 'ID' for update",
  'a change of the row that is undone': "update jwt_auth_sessions set data = data where id = 'ID'",
}

class Undone extends Error {}

/** Somebody else holds the session's row, longer than a refresh may take. */
export function describeLocks(withOneConnection: () => Promise<Scratch>): void {
  describe.each(Object.entries(LOCKS))('a refresh that waits for %s', (_lock, statement) => {
    it('is told 503, and is never done: its token is the current one still', async () => {
      // With one connection, what the app asks next is asked when the late statement has ended.
      const scratch = await withOneConnection()
      const store = new SqlSessionStore({ db: scratch.connect() })
      await store.migrate()
      const module = await startModule({
        imports: [
          JwtAuthModule.forRoot({
            secret: SECRET,
            sessionStore: { useValue: store },
            refreshToken: { reuseGrace: '1s' },
            sessions: { timeout: '1s' },
          }),
        ],
      })
      const tokens = module.get(TokenService)
      const pair = await tokens.issue('ada')
      const token = refreshTokenOf(pair)
      const sessionId = pair.sessionId ?? ''

      const other = scratch.connect()
      const locked = other.transaction().execute(async (transaction) => {
        await transaction.executeQuery(CompiledQuery.raw(statement.replace('ID', sessionId)))
        await expect(tokens.refresh(token)).rejects.toMatchObject(withCode('store_unavailable'))
        await setTimeout(500)
        throw new Undone()
      })
      await expect(locked).rejects.toBeInstanceOf(Undone)

      const found = await store.lookUp({ subject: 'ada', sessionId, now: Date.now() })
      expect(found.session?.parent).toBeUndefined()
      // Longer than the grace: a rotation that had been done would look like a stolen token now.
      await setTimeout(1100)
      const next = await tokens.refresh(token)
      expect((await tokens.verify(next.access_token)).claims.sub).toBe('ada')
      await scratch.drop()
    })
  })
}

/** `waiting` counts the statements that wait for a lock of the transaction that asks, or of any. */
export function describeMax(make: () => Promise<Scratch>, waiting: string): void {
  it('max leaves a session that is refreshed while the login counts, and ends another', async () => {
    const scratch = await make()
    const [db, refreshing] = [scratch.connect(), scratch.connect()]
    const store = new SqlSessionStore({ db })
    await store.migrate()
    const unused = await opened(store)
    const session = { ...unused, id: 'other', lastUsedAt: 5 }
    await store.open({ session, now: 5 })

    const { login } = await refreshing.transaction().execute(async (transaction) => {
      const { kind } = await use(new SqlSessionStore({ db: transaction }), unused.current.jti, 'next', {
        now: 9,
      })
      expect(kind).toBe('rotated')
      const login = store.open({ session: { ...session, id: 'new', lastUsedAt: 10 }, max: 2, now: 10 })
      const ended = login.then(
        () => true,
        () => true,
      )
      let waits = false
      while (!waits && !(await Promise.race([ended, Promise.resolve(false)]))) {
        const { rows } = await transaction.executeQuery<{ count: number }>(CompiledQuery.raw(waiting))
        waits = Number(rows[0]?.count) > 0
      }
      return { login }
    })
    expect(await login).toBe(true)
    const ids = (await store.list({ subject: unused.subject, now: 10 })).map(({ id }) => id)
    expect(ids.toSorted()).toEqual(['new', unused.id].toSorted())
    await scratch.drop()
  })
}
