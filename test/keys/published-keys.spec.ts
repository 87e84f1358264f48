import type { ServerResponse } from 'node:http'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthModule, KeyService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, startApp, type StartOptions } from '../support/adapters.js'
import type { Answer } from '../support/http.js'
import { DAY, kidOf, MINUTE, START, TestKeyStore, WRAP } from './fleet.js'

const path = '/.well-known/jwks.json'
const kidsOf = ({ body }: Answer) => (body as { keys: { kid: string }[] }).keys.map(({ kid }) => kid)

describe.each(adapters)('on $name the key set of an app with keyRotation', (adapter) => {
  async function start(configure?: StartOptions['configure']) {
    const [store, clock] = [new TestKeyStore(), new FakeClock(START)]
    const auth = JwtAuthModule.forRoot({
      keyRotation: { wrap: WRAP },
      keyStore: { useValue: store },
      refreshToken: false,
      endpoints: { jwks: true },
    })
    const app = await startApp(adapter, { imports: [auth] }, { clock, ...(configure && { configure }) })
    return { app, store, clock, keys: app.nest.get(KeyService) }
  }

  it('has a new key before it signs, under another tag', async () => {
    const { app, keys } = await start()
    const before = await app.get(path)
    await keys.rotate()
    const headers: [string, string][] = [['If-None-Match', before.headers.etag ?? '']]
    const after = await app.send({ path, headers })

    expect(kidsOf(before)).toHaveLength(1)
    expect(after.status).toBe(200)
    expect(kidsOf(after).slice(0, 1)).toEqual(kidsOf(before))
    expect(kidsOf(after)).toHaveLength(2)
    expect(kidOf(await app.tokens.issueAccessToken('ida'))).toBe(kidsOf(before)[0])
    expect((await app.send({ path, headers: [['If-None-Match', after.headers.etag ?? '']] })).status).toBe(
      304,
    )
  })

  it('verifies for jose what the app signs, rotation after rotation', async () => {
    const { app, clock } = await start()
    for (let day = 0; day <= 270; day += 30) {
      clock.set(START + day * DAY)
      const token = await app.tokens.issueAccessToken('ida')
      const remote = createRemoteJWKSet(new URL(`http://127.0.0.1:${app.port}${path}`))
      const { payload } = await jwtVerify(token, remote, { currentDate: new Date(clock.now()) })
      expect(payload.sub).toBe('ida')
    }
  })

  it('has no key that was revoked elsewhere, however long nobody asked', async () => {
    const { app, store, clock, keys } = await start()
    const [kid = ''] = kidsOf(await app.get(path))
    const elsewhere = await startApp(
      adapter,
      {
        imports: [
          JwtAuthModule.forRoot({
            keyRotation: { wrap: WRAP },
            keyStore: { useValue: store },
            refreshToken: false,
          }),
        ],
      },
      { clock: new FakeClock(START) },
    )
    await elsewhere.nest.get(KeyService).revoke(kid)
    // No timer of this instance goes off: it was suspended, or busy.
    Object.assign(clock, { time: START + MINUTE, now: () => START + MINUTE })
    const after = await app.get(path)

    expect(kidsOf(after)).not.toContain(kid)
    expect(kidsOf(after)).toHaveLength(1)
    expect(await keys.list()).toHaveLength(1)
  })

  it('stays while the store is down', async () => {
    const { app, store, clock } = await start()
    const before = await app.get(path)
    store.isDown = true
    clock.set(START + 5 * MINUTE)

    expect(await app.get(path)).toMatchObject({ status: 200, text: before.text })
  })
  it('is left out where the app has answered while the store was asked', async () => {
    let goOn: () => void = () => undefined
    const answered = new Promise<void>((resolve) => (goOn = resolve))
    const { app, store, clock } = await start((nest) => {
      nest.use((_request: unknown, response: ServerResponse, next: () => void) => {
        next()
        response.writeHead(504).end()
        goOn()
      })
    })
    const read = store.read.bind(store)
    store.read = () => answered.then(read)
    Object.assign(clock, { time: START + MINUTE, now: () => START + MINUTE })

    expect(await app.get(path)).toMatchObject({ status: 504 })
    // What nobody catches would end the process.
    await new Promise((resolve) => setImmediate(resolve))
  })
})
