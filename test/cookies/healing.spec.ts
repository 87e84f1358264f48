import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Injectable } from '@nestjs/common'
import {
  IdentityLoader,
  InMemoryKeyStore,
  InMemorySessionStore,
  KeyService,
  type JwtKey,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { adapters, type RunningApp } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import { refused } from '../support/refusals.js'
import type { Answer } from '../support/http.js'
import { ada } from '../endpoints/app.js'
import { OtherParty } from '../issuers/foreign-app.js'
import { WRAP } from '../keys/fleet.js'
import { failingStore } from '../sessions/token-service/failing-store.js'
import { startCookies } from './app.js'
import { Browser, clearedIn, SITE } from './browser.js'
import { CookieJar } from './cookie-jar.js'
import { access, expectOnlyAccessCleared, refresh, tokenIn } from './token-cookies.js'

/** Knows everybody but those who have gone. */
@Injectable()
class Users implements IdentityLoader<string> {
  readonly gone = new Set<string>()

  loadIdentity({ sub }: { sub: string }) {
    return this.gone.has(sub) ? null : sub
  }
}

const edDsa = (kid: string): JwtKey => ({
  algorithm: 'EdDSA',
  kid,
  privateKey: generateKeyPairSync('ed25519').privateKey,
})

describe.each(adapters)('a browser on $name whose access cookie is refused', (adapter) => {
  const clock = new FakeClock()
  const users = new Users()
  const sessions = failingStore()
  let app: RunningApp
  let browser: Browser

  beforeAll(async () => {
    app = await startCookies(
      adapter,
      {
        locations: ['header', 'cookie'],
        identityLoader: { useValue: users },
        attachIdentityAs: 'user',
        sessionStore: { useValue: sessions.store },
        sessions: { timeout: '25ms' },
      },
      { clock },
    )
  })

  beforeEach(async () => {
    users.gone.clear()
    sessions.recover()
    browser = new Browser(app, new CookieJar(() => clock.now()))
    expect((await browser.post('/auth/login', ada)).status).toBe(200)
  })

  const put = (value: string): void => browser.jar.store(SITE, [`${access}=${value}; Path=/; Secure`])

  /** What makes the token one that is never accepted again. */
  const forGood: [code: string, spoil: () => unknown][] = [
    ['token_malformed', () => put('garbage')],
    ['token_malformed', () => put('a'.repeat(4000))],
    ['token_signature_invalid', () => put(breakSignature(tokenIn(browser, access)))],
    ['token_revoked', () => app.tokens.revokeAll('ada')],
    ['identity_unknown', () => users.gone.add('ada')],
  ]

  it.each(forGood)('for good (%s) loses it and no other, and is anonymous then', async (code, spoil) => {
    await spoil()
    const answer = await browser.get('/me')

    expect(answer).toMatchObject(refused(401, code))
    expectOnlyAccessCleared(answer)
    expect(browser.jar.names()).toEqual([refresh])
    expect(await browser.get('/me/optional')).toMatchObject({ status: 200, body: { sub: 'nobody' } })
    expect(await browser.get('/me')).toMatchObject(refused(401, 'token_missing'))
  })

  it.each(forGood)('for good (%s) is healed on a page for everybody too', async (code, spoil) => {
    await spoil()
    const answer = await browser.get('/me/optional')

    expect(answer).toMatchObject(refused(401, code))
    expectOnlyAccessCleared(answer)
    expect((await browser.get('/me/optional')).status).toBe(200)
  })

  const untouched = (answer: Answer): void => {
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(browser.jar.names()).toContain(refresh)
  }

  it('for its date keeps it: clocks differ', async () => {
    put(await app.tokens.issueAccessToken('ada', { expiresIn: '1m' }))
    clock.advance('2m')
    const expired = await browser.get('/me')
    put(await app.tokens.issueAccessToken('ada', { notBefore: '10m' }))
    const early = await browser.get('/me')

    expect(expired).toMatchObject(refused(401, 'token_expired'))
    expect(early).toMatchObject(refused(401, 'token_not_active'))
    for (const answer of [expired, early]) untouched(answer)
  })

  it('for the page that sends the request keeps it', async () => {
    const answer = await browser.send({ method: 'POST', path: '/me' }, 'cross-site')

    expect(answer).toMatchObject(refused(403, 'csrf_failed'))
    untouched(answer)
  })

  it('because the store is down keeps it', async () => {
    sessions.fail('before')
    const answer = await browser.get('/me')

    expect(answer).toMatchObject(refused(503, 'store_unavailable'))
    untouched(answer)
  })

  it('is told nothing about cookies when its header is refused', async () => {
    const headers: [string, string][] = [
      ['Authorization', `Bearer ${breakSignature(tokenIn(browser, access))}`],
    ]
    const answer = await browser.send({ path: '/me', headers })

    expect(answer).toMatchObject(refused(401, 'token_signature_invalid'))
    untouched(answer)
  })

  it('is told nothing about cookies where it has none', async () => {
    untouchedBy(await new Browser(app).get('/me'))
  })

  it('for two cookies of the name loses it', async () => {
    const answer = await app.send({
      path: '/me',
      headers: [['Cookie', `${access}=one; ${access}=two`]],
    })

    expect(answer).toMatchObject(refused(401, 'token_malformed'))
    expectOnlyAccessCleared(answer)
  })
})

const untouchedBy = ({ headers }: Answer): void => expect(headers['set-cookie']).toBeUndefined()

describe.each(adapters)('a browser on $name with a token of a key that is not known here', (adapter) => {
  const refusesAndKeeps = async (browser: Browser) => {
    for (const answer of [await browser.get('/me'), await browser.post('/auth/refresh')]) {
      expect(answer).toMatchObject(refused(401, 'token_signature_invalid'))
      untouchedBy(answer)
    }
  }

  it('keeps both cookies, since another instance may know the key', async () => {
    const sessionStore = { useValue: new InMemorySessionStore() }
    const [next, current] = [edDsa('next'), edDsa('current')]
    const start = (keys: JwtKey[]) => startCookies(adapter, { sessionStore, secret: undefined, keys })
    const [updated, behind] = [await start([next, current]), await start([current])]
    const browser = new Browser(updated)
    await browser.post('/auth/login', ada)
    const elsewhere = new Browser(behind, browser.jar)

    await refusesAndKeeps(elsewhere)
    expect((await browser.get('/me')).status).toBe(200)
    expect((await browser.post('/auth/refresh')).status).toBe(200)
  })

  it('keeps both cookies of an issuer that is not known here either', async () => {
    const issuers = [new OtherParty('https://login.example.com').options()]
    const start = (issuer: string) => startCookies(adapter, { issuer, issuers, locations: ['cookie'] })
    const [renamed, behind] = [await start('https://new.example'), await start('https://old.example')]
    const browser = new Browser(renamed)
    await browser.post('/auth/login', ada)

    await refusesAndKeeps(new Browser(behind, browser.jar))
    expect((await browser.get('/me')).status).toBe(200)
  })

  it('keeps both cookies with keyRotation too', async () => {
    const clock = new FakeClock()
    const settings = {
      secret: undefined,
      keyRotation: { wrap: WRAP },
      keyStore: { useValue: new InMemoryKeyStore() },
      sessionStore: { useValue: new InMemorySessionStore() },
    }
    const start = () => startCookies(adapter, settings, { clock })
    const [updated, behind] = [await start(), await start()]
    await updated.nest.get(KeyService).rotate({ immediately: true })
    const browser = new Browser(updated)
    await browser.post('/auth/login', ada)
    const elsewhere = new Browser(behind, browser.jar)

    // It has read the keys in this second, so it does not ask the store for this one yet.
    await refusesAndKeeps(elsewhere)
    clock.advance('1s')
    expect((await elsewhere.get('/me')).status).toBe(200)
    expect((await elsewhere.post('/auth/refresh')).status).toBe(200)
  })
})

describe.each(adapters)('a browser on $name whose refresh cookie is refused', (adapter) => {
  let app: RunningApp
  let browser: Browser

  beforeAll(async () => {
    app = await startCookies(adapter, { refreshToken: { reuseGrace: 0 } })
  })

  beforeEach(async () => {
    browser = new Browser(app)
    await browser.post('/auth/login', ada)
  })

  it('where it is asked for without being rotated loses the refresh cookie alone', async () => {
    browser.jar.store(SITE, [`${refresh}=garbage; Path=/; Secure`])
    const answer = await browser.get('/me/by-refresh')

    expect(answer).toMatchObject(refused(401, 'token_malformed'))
    for (const { name } of clearedIn(answer)) expect(name).toMatch(/refresh_token$/)
    expect(browser.jar.names()).toEqual([access])
  })

  it('on a page that takes access tokens keeps it', async () => {
    const used = tokenIn(browser, refresh)
    await browser.post('/auth/refresh')
    browser.jar.store(SITE, [`${refresh}=${used}; Path=/; Secure`])

    expect((await browser.get('/me')).status).toBe(200)
    expect(browser.jar.names()).toEqual([access, refresh])
  })

  it.each([
    ['malformed', (token: string) => `${token}.x`, 'token_malformed'],
    ['forged', breakSignature, 'token_signature_invalid'],
  ])('by refresh as %s loses all cookies', async (_, spoil, code) => {
    browser.jar.store(SITE, [`${refresh}=${spoil(tokenIn(browser, refresh))}; Path=/; Secure`])

    expect(await browser.post('/auth/refresh')).toMatchObject(refused(401, code))
    expect(browser.jar.names()).toEqual([])
  })

  it('by refresh as used before loses all cookies', async () => {
    const used = tokenIn(browser, refresh)
    await browser.post('/auth/refresh')
    browser.jar.store(SITE, [`${refresh}=${used}; Path=/; Secure`])

    expect(await browser.post('/auth/refresh')).toMatchObject(refused(401, 'refresh_reused'))
    expect(browser.jar.names()).toEqual([])
  })
})
