import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { JwtAuthEvents, type JwtAuthEvent } from '@nest-jwt-auth/core'
import { adapters } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { ada, type AuthClient, ben, startAuth, type Tokens } from './app.js'

describe.each(adapters)('the logs and events of the ready-made routes on $name', (adapter) => {
  const events: JwtAuthEvent[] = []
  let client: AuthClient

  beforeAll(async () => {
    client = await startAuth(adapter)
    client.app.nest.get(JwtAuthEvents).events$.subscribe((event) => void events.push(event))
  })

  beforeEach(() => {
    logs.clear()
    events.length = 0
  })

  it('contain a debug line and an event for each refusal: code, route and reason', async () => {
    await client.app.post('/auth/login', { ...ada, password: 'wrong' })
    await client.app.post('/auth/login', {})
    await client.refresh('nonsense!')
    await client.logOut()

    const codes = ['credentials_invalid', 'request_invalid', 'token_malformed', 'token_missing']
    const routes = ['AuthController.login', 'AuthController.login', 'AuthController.refresh']
    const lines = logs.text('debug').split('\n')
    expect(lines).toHaveLength(4)
    for (const [at, line] of lines.entries()) {
      expect(line).toContain(`${codes[at]}, at ${routes[at] ?? 'AuthController.logout'}, because`)
    }
    const told = events.map(({ type, errorCode }) => [type, errorCode])
    expect(told).toEqual([
      ['auth.denied', 'credentials_invalid'],
      ['login.failed', 'credentials_invalid'],
      ...codes.slice(1).map((code) => ['auth.denied', code]),
    ])
  })

  it('name the jti of a token that was revoked', async () => {
    const tokens = await client.logIn()
    await client.logOut(tokens.access_token)
    await client.refresh(tokens.refresh_token)

    expect(logs.text('debug')).toMatch(/token_revoked, at AuthController\.refresh, .*jti "[\w-]{36}"/)
    const { jti } = client.app.tokens.decodeUnverified(tokens.refresh_token).claims
    expect(events.at(-1)).toMatchObject({ type: 'auth.denied', errorCode: 'token_revoked', jti })
    expect(jti).toMatch(/^[\w-]{36}$/)
  })

  it('never contain a token or a credential, at any level', async () => {
    const tokens = await client.logIn()
    const next = (await client.refresh(tokens.refresh_token)).body as Tokens
    await client.refresh(next.refresh_token)
    await client.refresh(tokens.refresh_token)
    await client.refresh(breakSignature(next.refresh_token))
    await client.app.post('/auth/login', { ...ben, password: `${ben.password}!` })
    await client.app.post('/auth/login', { username: ben.username, secret: ben.password })
    await client.logOut(tokens.access_token, { refresh_token: [next.refresh_token] })
    await client.app.delete(`/auth/sessions/${ben.password}`, (await client.logIn(ben)).access_token)

    const told = logs.text() + JSON.stringify(events)
    expect(told).toContain('refresh_reused')
    for (const secret of [
      ada.password,
      ben.password,
      ...Object.values({ ...tokens, ...next }).filter((value) => String(value).includes('.')),
    ]) {
      expect(told).not.toContain(String(secret))
      expect(told).not.toContain(String(secret).split('.').at(-1))
    }
  })
})
