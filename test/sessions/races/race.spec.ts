import { Agent } from 'node:http'
import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery } from 'kysely'
import type { AppProcess } from '../../support/app-process.js'
import { readToken } from '../../support/forge.js'
import { type Answer, sendRequest } from '../../support/http.js'
import { refused } from '../../support/refusals.js'
import { describeWith } from '../../support/services.js'
import { onPostgres } from '../sql/databases.js'
import { CompiledApp, logIn, patient, type Tokens } from './compiled-app.js'

const ROUNDS = Number(process.env['RACE_ROUNDS'] ?? (process.env['REQUIRE_SERVICES'] === '1' ? 1000 : 100))
const PARALLEL = 25
const PROCESSES = 4
/** Sessions that are refreshed beside one another. */
const LANES = 4

describeWith('postgres', 'four processes on one PostgreSQL', (url) => {
  let scratch: Awaited<ReturnType<typeof onPostgres>>
  let app: CompiledApp
  let instances: AppProcess[]
  const agent = new Agent({ keepAlive: true })

  beforeAll(async () => {
    ;[scratch, app] = await Promise.all([onPostgres(url), CompiledApp.build()])
    await new SqlSessionStore({ db: scratch.connect() }).migrate()
    const env = { ...patient, DATABASE_URL: url, DATABASE_OPTIONS: scratch.options }
    instances = await Promise.all(Array.from({ length: PROCESSES }, () => app.start(env)))
  })

  afterAll(async () => {
    agent.destroy()
    await app.remove()
    await scratch.drop()
  })

  const refresh = (token: string, at: number): Promise<Answer> =>
    sendRequest(instances[at % PROCESSES]?.port ?? 0, {
      method: 'POST',
      path: '/refresh',
      body: { refresh_token: token },
      agent,
    })

  /** All answers of one round, as one. */
  async function round(token: string): Promise<Tokens> {
    const answers = await Promise.all(Array.from({ length: PARALLEL }, (_, at) => refresh(token, at)))
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    const pairs = answers.map(({ text }) => JSON.parse(text) as Tokens)
    expect(new Set(pairs.map((pair) => pair.refresh_token)).size).toBe(1)
    expect(pairs[0]?.refresh_token).not.toBe(token)
    return pairs[0] as Tokens
  }

  async function currentJti(sid: unknown): Promise<unknown> {
    const query = CompiledQuery.raw('select current_jti from jwt_auth_sessions where id = $1', [sid])
    const { rows } = await scratch.connect().executeQuery<{ current_jti: string }>(query)
    return rows[0]?.current_jti
  }

  /** Rounds on one session; then the token before the last two, which is what a thief would have. */
  async function lane(number: number): Promise<void> {
    const tokens = [(await logIn(instances[0]?.port ?? 0, `user-${number}`)).refresh_token]
    for (let done = 0; done < ROUNDS / LANES; done++) {
      tokens.push((await round(tokens.at(-1) ?? '')).refresh_token)
    }
    const [stolen = '', , last = ''] = tokens.slice(-3)
    const { sid, jti } = readToken(last).claims
    expect(await currentJti(sid)).toBe(jti)
    expect(await refresh(stolen, number)).toMatchObject(refused(401, 'refresh_reused'))
    expect(await refresh(last, number + 1)).toMatchObject(refused(401, 'token_revoked'))
    expect(await currentJti(sid)).toBeUndefined()
  }

  it(`${ROUNDS} rounds of ${PARALLEL} refreshes at once: each has one successor, and no refusal`, () =>
    Promise.all(Array.from({ length: LANES }, (_, number) => lane(number))).then(() => undefined))
})
