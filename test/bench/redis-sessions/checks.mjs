import 'reflect-metadata'
import { randomBytes, randomUUID } from 'node:crypto'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { RedisSessionStore } from '@nest-jwt-auth/redis'
import { NestFactory } from '@nestjs/core'
import { createClient } from 'redis'
import { median } from '../measure.mjs'
import { inTurns } from '../sessions/turns.mjs'

const TOKENS = 1000
const TRACKING = { RESP: 3, clientSideCache: { maxEntries: 10_000 } }
const secret = randomBytes(32)

/**
 * What each way to check an access token adds to its verification, for tokens that are in use: one request at a time,
 * and many. The `redis` client's own cache is there beside ours, by the same key.
 */
export async function checks(url, { rounds, print }) {
  const connect = (options = {}) => createClient({ url, ...options }).connect()
  const [plain, tracking] = [await connect(), await connect(TRACKING)]
  const contenders = [
    await verifying("'always'", {}, plain),
    await verifying('{ maxStaleness }', { check: { maxStaleness: '1m' } }, plain),
    await verifying('{ maxStaleness } and tracking', { check: { maxStaleness: '1m' } }, tracking),
    await byClientCache(tracking),
    await verifying('no check', undefined, plain),
  ]
  const LAST = contenders.length - 1
  for (const parallel of [1, 100]) {
    const samples = await inTurns(contenders, { parallel, rounds })
    const micros = (at, round) => 1e6 / samples[at][round]
    const rows = contenders.slice(0, -1).map(({ name, isAlone }, at) => ({
      name,
      added: median(samples[at].map((_, round) => micros(at, round) - (isAlone ? 0 : micros(LAST, round)))),
    }))
    print(`Redis, checks, ${parallel} at a time`, rows)
  }
  for (const { stop } of contenders) await stop?.()
  for (const client of [plain, tracking]) client.destroy()
}

async function verifying(name, sessions, client) {
  class App {}
  const store = new RedisSessionStore({ client, prefix: `${randomUUID()}:` })
  const options =
    sessions === undefined ? { refreshToken: false } : { sessions: { timeout: '10s', ...sessions } }
  const root = JwtAuthModule.forRoot({ secret, ...options, sessionStore: { useFactory: () => store } })
  const app = await NestFactory.createApplicationContext({ module: App, imports: [root] }, { logger: false })
  const tokens = app.get(TokenService)
  const all = []
  for (let number = 0; number < TOKENS; number++) all.push((await tokens.issue(randomUUID())).accessToken)
  let at = 0
  return { name, work: () => tokens.verify(all[at++ % TOKENS]), stop: () => app.close() }
}

/** No more than the look-up, without a verification: on top of it would come what makes it a check. */
async function byClientCache(client) {
  const keys = Array.from({ length: TOKENS }, () => randomUUID())
  for (const key of keys) await client.hSet(key, { session: 'x'.repeat(260) })
  let at = 0
  return {
    name: "the client's cache",
    isAlone: true,
    work: () => client.hmGet(keys[at++ % TOKENS], ['session', 'revoked']),
  }
}
