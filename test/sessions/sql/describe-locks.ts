import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import { startModule } from '../../support/adapters.js'
import { SECRET } from '../../support/forge.js'
import { refreshTokenOf, withCode } from '../token-service/start.js'
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
