import { beforeAll, describe, expect, it } from '@jest/globals'
import { type Answer, sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { readToken } from '../support/forge.js'
import { appsOf, type Sources } from './code-blocks.js'
import { starterMain, useCompiler, whileRunning } from './compiled-apps.js'

const compiled = useCompiler()
const builds = ['dist', 'dist-swc']

const FORMER = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'
const FORMER_REFRESH = 'Zx7pQ2mKd9Rw4TnYb6Lc1VhGs8JfEo3U'
const NOW = 'Xk4Tn8Lw2Rv6Qm1Jz9Pb5Gd3Hc7Fs0Ya'

const ada = { username: 'ada', password: 'first-engine' }
const ben = { username: 'ben', password: 'second-engine' }

interface Tokens {
  access_token: string
  refresh_token: string
}

/** A client of one of the apps. */
function clientOf(port: number) {
  const bearer = (token?: string): [string, string][] => (token ? [['authorization', `Bearer ${token}`]] : [])
  return {
    get: (path: string, token?: string) => sendRequest(port, { path, headers: bearer(token) }),
    post: (path: string, body: object, token?: string) =>
      sendRequest(port, { method: 'POST', path, body, headers: bearer(token) }),
  }
}

const tokensOf = ({ text }: Answer) => JSON.parse(text) as Tokens

async function logIn(port: number, credentials: object): Promise<Tokens> {
  const answer = await clientOf(port).post('/login', credentials)
  expect(String(answer.status)).toMatch(/^20[01]$/)
  return tokensOf(answer)
}

/** The app after the move, with a date of its own: the one on the page passes. */
function until(days: number, page: string): Sources {
  const date = new Date(Date.now() + days * 86_400_000).toISOString()
  const dated = (code: string) => code.replace(/until: '[\d-]+'/, `until: '${date}'`)
  const sources = appsOf(page).get('') ?? []
  expect(sources.filter(([, code]) => dated(code) !== code)).toHaveLength(1)
  return [starterMain, ...sources.map(([path, code]): Sources[number] => [path, dated(code)])]
}

const before = (page: string): Sources => [starterMain, ...(appsOf(page).get('before') ?? [])]

/** The status of a refused exchange, and its code. */
const used = refused(401, 'token_revoked')

describe('docs/coming-from-nestjs-jwt.md', () => {
  const page = 'docs/coming-from-nestjs-jwt.md'
  const env = { JWT_SECRET: NOW, FORMER_JWT_SECRET: FORMER }
  const held: Record<string, string> = {}
  let after: string

  beforeAll(async () => {
    const app = await compiled(`${page} before`, before(page))
    await whileRunning(app, { JWT_SECRET: FORMER }, async (port) => {
      const { get } = clientOf(port)
      for (const user of [ada, ben]) held[user.username] = (await logIn(port, user)).access_token
      expect(await get('/profile', held['ada'])).toMatchObject({ body: { sub: 1, roles: ['admin'] } })
      expect(await get('/admin', held['ada'])).toMatchObject({ status: 200 })
      expect(await get('/admin', held['ben'])).toMatchObject({ status: 403 })
      expect(await get('/profile')).toMatchObject({ status: 401 })
    })
    after = await compiled(`${page} after`, until(7, page))
  })

  it.each(builds)(
    'the tokens of the app before open the app after, and become sessions, from %s',
    async (build) => {
      await whileRunning(
        after,
        env,
        async (port) => {
          const { get, post } = clientOf(port)
          expect(await get('/profile', held['ada'])).toMatchObject({
            status: 200,
            body: { sub: '1', name: 'ada', roles: ['admin'] },
          })
          expect(await get('/admin', held['ada'])).toMatchObject({ status: 200 })
          expect(await get('/admin', held['ben'])).toMatchObject(refused(403, 'insufficient_claims'))

          const exchanged = await post('/exchange', {}, held['ada'])
          expect(exchanged).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } })
          const pair = tokensOf(exchanged)
          expect(await get('/admin', pair.access_token)).toMatchObject({ status: 200 })
          const refreshed = await post('/auth/refresh', { refresh_token: pair.refresh_token })
          expect(await get('/profile', tokensOf(refreshed).access_token)).toMatchObject({
            body: { sub: '1', name: 'ada', roles: ['admin'] },
          })
          expect(await post('/exchange', {}, held['ada'])).toMatchObject(used)
          expect(await get('/profile', held['ada'])).toMatchObject({ status: 200 })

          const login = await logIn(port, ada)
          expect(readToken(login.access_token).header).toMatchObject({ typ: 'at+jwt' })
          expect(await get('/admin', login.access_token)).toMatchObject({ status: 200 })
          expect(await post('/auth/logout', {}, held['ben'])).toMatchObject(refused(401, 'token_wrong_type'))

          expect(await post('/auth/logout-all', {}, login.access_token)).toMatchObject({ status: 204 })
          for (const token of [held['ada'], login.access_token, pair.access_token]) {
            expect(await get('/profile', token)).toMatchObject(refused(401, 'token_revoked'))
          }
          expect(await get('/profile', held['ben'])).toMatchObject({ status: 200 })
          expect(await get('/profile', (await logIn(port, ada)).access_token)).toMatchObject({ status: 200 })
        },
        build,
      )
    },
  )

  it('after the date they are refused, and logins go on', async () => {
    const late = await compiled(`${page} late`, until(-1, page))
    await whileRunning(late, env, async (port) => {
      const { get, post } = clientOf(port)
      expect(await get('/profile', held['ada'])).toMatchObject(refused(401, 'token_expired'))
      expect(await post('/exchange', {}, held['ada'])).toMatchObject(refused(401, 'token_expired'))
      expect(await get('/profile', (await logIn(port, ada)).access_token)).toMatchObject({ status: 200 })
    })
  })
})

describe('docs/coming-from-passport.md', () => {
  const page = 'docs/coming-from-passport.md'
  const env = { JWT_SECRET: NOW, JWT_REFRESH_SECRET: FORMER_REFRESH }
  const held: Record<string, Tokens> = {}
  let after: string

  beforeAll(async () => {
    const app = await compiled(`${page} before`, before(page))
    await whileRunning(app, { ...env, JWT_SECRET: FORMER }, async (port) => {
      const { get, post } = clientOf(port)
      for (const user of [ada, ben]) held[user.username] = await logIn(port, user)
      expect(await get('/admin', held['ada']?.access_token)).toMatchObject({ body: { hello: 'ada' } })
      expect(await get('/admin', held['ben']?.access_token)).toMatchObject({ status: 403 })
      expect(await get('/admin', held['ada']?.refresh_token)).toMatchObject({ status: 401 })
      const { refresh_token } = held['ada'] ?? {}
      expect(await post('/refresh', { refresh_token })).toMatchObject({ status: 201 })
    })
    after = await compiled(`${page} after`, until(30, page))
  })

  it.each(builds)('the refresh tokens of the app before become sessions, once, from %s', async (build) => {
    await whileRunning(
      after,
      env,
      async (port) => {
        const { get, post } = clientOf(port)
        const refresh = (token: string | undefined) => post('/refresh', { refresh_token: token })
        const former = held['ada']
        // What every client does with a 401: it refreshes.
        expect(await get('/admin', former?.access_token)).toMatchObject(
          refused(401, 'token_signature_invalid'),
        )
        expect(await get('/admin', former?.refresh_token)).toMatchObject(refused(401, 'token_claims_invalid'))
        const first = tokensOf(await refresh(former?.refresh_token))
        expect(await get('/admin', first.access_token)).toMatchObject({ body: { hello: 'ada' } })
        expect(await refresh(former?.refresh_token)).toMatchObject(used)
        const second = tokensOf(await refresh(first.refresh_token))
        expect(await get('/admin', second.access_token)).toMatchObject({ body: { hello: 'ada' } })

        expect(await post('/auth/logout-all', {}, second.access_token)).toMatchObject({ status: 204 })
        expect(await refresh(second.refresh_token)).toMatchObject(used)
        const member = tokensOf(await refresh(held['ben']?.refresh_token))
        expect(await get('/admin', member.access_token)).toMatchObject({ status: 403 })
        for (const body of [{}, { refresh_token: 'x' }, { refresh_token: 5 }, { refresh_token: null }]) {
          expect(await post('/refresh', body)).toMatchObject(refused(401, 'token_malformed'))
        }
        expect(await get('/admin', (await logIn(port, ada)).access_token)).toMatchObject({ status: 200 })
      },
      build,
    )
  })

  it('logout-all ends those that were not exchanged yet', async () => {
    await whileRunning(after, env, async (port) => {
      const { post } = clientOf(port)
      const { access_token } = await logIn(port, ada)
      expect(await post('/auth/logout-all', {}, access_token)).toMatchObject({ status: 204 })
      const { refresh_token } = held['ada'] ?? {}
      expect(await post('/refresh', { refresh_token })).toMatchObject(used)
    })
  })

  it('after the date they are refused, and logins go on', async () => {
    const late = await compiled(`${page} late`, until(-1, page))
    await whileRunning(late, env, async (port) => {
      const { get, post } = clientOf(port)
      const { refresh_token } = held['ada'] ?? {}
      expect(await post('/refresh', { refresh_token })).toMatchObject(refused(401, 'token_expired'))
      expect(await get('/admin', (await logIn(port, ada)).access_token)).toMatchObject({ status: 200 })
    })
  })
})
