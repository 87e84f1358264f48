import { describe, expect, it } from '@jest/globals'
import { adapters } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import type { Answer } from '../support/http.js'
import { base, startVersioned } from './versioned-app.js'

describe.each(adapters)('what the log says a client must send, on $name', (adapter) => {
  const reasonOf = async (send: () => Promise<Answer>): Promise<string> => {
    logs.clear()
    expect((await send()).status).toBeLessThan(500)
    return logs.text('debug')
  }

  it('names the members of the body, and what was sent instead', async () => {
    const app = await startVersioned(adapter)
    const { refreshToken = '', accessToken } = await app.tokens.issue('ada')
    const refresh = (body: unknown, token?: string) =>
      reasonOf(() => app.post(`${base}/refresh`, body, token))

    expect(await refresh({}, refreshToken)).toMatch(
      /a refresh needs a JSON body with refresh_token; it was sent an Authorization header, which is not read/,
    )
    expect(await refresh({ refreshToken })).toMatch(/it was sent a body with refreshToken/)
    expect(await refresh(undefined)).toMatch(/it was sent no body that was parsed \(Content-Type/)
    expect(await refresh({})).not.toMatch(/it was sent/)
    expect(await reasonOf(() => app.post(`${base}/logout`, { token: accessToken }))).toMatch(
      /a logout needs .* refresh_token or access_token; it was sent a body with token/,
    )
    expect(await reasonOf(() => app.post(`${base}/login`, { name: 'ada' }))).toMatch(
      /a login needs a JSON body with username and password, strings of 1 to 1024 characters/,
    )
  })

  it('names the cookie where cookies are read', async () => {
    const app = await startVersioned(adapter, { locations: ['cookie'] })
    const headers: [string, string][] = [['Sec-Fetch-Site', 'same-origin']]
    const send = () => app.send({ method: 'POST', path: `${base}/refresh`, body: {}, headers })

    expect(await reasonOf(send)).toMatch(/a refresh needs the cookie of the refresh token, or a JSON body/)
  })
})
