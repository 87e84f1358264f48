import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Injectable } from '@nestjs/common'
import { ClaimsLoader } from '@nest-jwt-auth/core'
import { adapters, type RunningApp } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { ada, ben } from '../endpoints/app.js'
import { startCookies, type Settings } from './app.js'
import { Browser } from './browser.js'

/** As much text as the claims are to hold. */
@Injectable()
class Padding implements ClaimsLoader {
  length = 0

  loadClaims() {
    return { pad: 'x'.repeat(this.length) }
  }
}

describe.each(adapters)('the size of cookies on $name', (adapter) => {
  const padding = new Padding()
  let app: RunningApp

  const start = (settings: Settings): Promise<RunningApp> =>
    startCookies(adapter, { claimsLoader: { useValue: padding }, ...settings })

  beforeAll(async () => {
    app = await start({})
  })

  beforeEach(() => {
    padding.length = 0
    logs.clear()
  })

  /** How long the cookie with the access token is, as it goes over the wire. */
  const sizeOf = async (of: RunningApp): Promise<number> => {
    const answer = await of.post('/own/token', undefined)
    return Math.max(...(answer.headers['set-cookie'] ?? []).map((header) => header.length))
  }

  it('may be 4096 characters, and no more', async () => {
    padding.length = 2000
    const named = (length: number) => start({ cookies: { accessToken: { name: 'a'.repeat(length) } } })
    const short = await sizeOf(await named(1))

    expect(await sizeOf(await named(4097 - short))).toBe(4096)
    const answer = await (await named(4098 - short)).post('/own/token', undefined)
    expect(answer.status).toBe(500)
    expect(logs.text('error')).toContain('would be 4097 characters long')
  })

  it.each(['/own/login', '/own/token'])('is an error when it is too much: %s sets none', async (path) => {
    padding.length = 3200
    const answer = await app.post(path, undefined)

    expect(answer).toMatchObject({ status: 500, body: { message: 'Internal server error' } })
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(logs.text('error')).toMatch(/__Host-access_token would be 4\d{3} characters long/)
    expect(logs.text()).not.toMatch(/ey[\w-]+\.[\w-]+\.[\w-]+/)
  })

  it('opens no session where the tokens can not be sent', async () => {
    padding.length = 3200

    expect((await new Browser(app).post('/auth/login', ben)).status).toBe(500)
    await expect(app.tokens.issue('ben')).rejects.toMatchObject({ code: 'cookie_too_large' })
    expect(await app.tokens.sessions('ben')).toEqual([])
  })

  it('costs the user nothing at a refresh', async () => {
    const browser = new Browser(await start({ refreshToken: { reuseGrace: 0 } }))
    await browser.post('/auth/login', ada)
    const before = browser.jar.header('https://shop.example/auth')
    padding.length = 3200
    const answer = await browser.post('/auth/refresh')
    expect(answer.status).toBe(500)
    expect(answer.headers['set-cookie']).toBeUndefined()
    expect(browser.jar.header('https://shop.example/auth')).toBe(before)

    padding.length = 1
    expect((await browser.post('/auth/refresh')).status).toBe(200)
  })

  it('is no matter where tokens travel in the header alone', async () => {
    padding.length = 3200
    const plain = await start({ locations: ['header'] })

    expect((await plain.post('/auth/login', ada)).status).toBe(200)
  })
})
