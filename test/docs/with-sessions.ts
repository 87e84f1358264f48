import { expect } from '@jest/globals'
import { Client } from 'pg'
import { type Answer, sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { ada } from './quick-start.js'

type Pair = { access_token: string; refresh_token: string }

const quickStartSetup = 'JwtAuthModule.forRoot({ secret: process.env.JWT_SECRET })'

/** What the page says: `auth` in the place of the quick start's own setup. */
export function withSessions([path, code]: [string, string]): [string, string] {
  if (path !== 'src/app.module.ts') return [path, code]
  expect(code).toContain(quickStartSetup)
  return [path, `import { auth } from './auth.js'\n${code.replace(quickStartSetup, 'auth')}`]
}

/** Runs `work` with the URL of a schema of its own. */
export async function inFreshSchema(url: string, work: (schemaUrl: string) => Promise<void>): Promise<void> {
  const schema = `readme_${process.pid}`
  const admin = new Client({ connectionString: url })
  await admin.connect()
  try {
    await admin.query(`create schema ${schema}`)
    const inside = new URL(url)
    inside.searchParams.set('options', `-c search_path=${schema}`)
    await work(inside.href)
  } finally {
    await admin.query(`drop schema if exists ${schema} cascade`)
    await admin.end()
  }
}

/** What the README promises of its sessions. */
export async function expectSessions(port: number): Promise<void> {
  const post = (path: string, body: object, headers: [string, string][] = []): Promise<Answer> =>
    sendRequest(port, { method: 'POST', path, body, headers })
  const me = ({ access_token: token }: Pair) =>
    sendRequest(port, { path: '/me', headers: [['authorization', `Bearer ${token}`]] })
  const refresh = ({ refresh_token }: Pair) => post('/auth/refresh', { refresh_token })
  const pairOf = ({ status, text }: Answer): Pair => {
    expect([200, 201]).toContain(status)
    return JSON.parse(text)
  }

  const first = pairOf(await post('/login', ada))
  const second = pairOf(await refresh(first))
  expect(pairOf(await refresh(first)).refresh_token).toBe(second.refresh_token)
  const third = pairOf(await refresh(second))
  expect(await me(third)).toMatchObject({ status: 200 })
  expect(await refresh(first)).toMatchObject(refused(401, 'refresh_reused'))
  expect(await me(third)).toMatchObject(refused(401, 'token_revoked'))

  const other = pairOf(await post('/login', ada))
  expect(await post('/auth/logout', { refresh_token: other.refresh_token })).toMatchObject({ status: 204 })
  expect(await me(other)).toMatchObject(refused(401, 'token_revoked'))
}
