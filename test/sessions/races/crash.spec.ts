import { afterAll, beforeAll, expect, it } from '@jest/globals'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import type { AppProcess } from '../../support/app-process.js'
import { type Request, sendRequest } from '../../support/http.js'
import { refused } from '../../support/refusals.js'
import { describeWith } from '../../support/services.js'
import { onPostgres } from '../sql/databases.js'
import { CompiledApp, logIn, patient, type Tokens } from './compiled-app.js'

const USERS = 24
/** Requests that were answered before the app is killed. */
const ENOUGH = 200
const aFewMinutes = 300_000

/** One user, who refreshes again and again; every third logs out at some time, every other third everywhere. */
class User {
  tokens: Tokens
  /** `undefined`: asked for, and nobody knows what came of it. */
  loggedOut: boolean | undefined = false

  constructor(
    readonly number: number,
    tokens: Tokens,
  ) {
    this.tokens = tokens
  }

  get me(): Request {
    return { path: '/me', headers: [['Authorization', `Bearer ${this.tokens.access_token}`]] }
  }

  get refresh(): Request {
    return { method: 'POST', path: '/refresh', body: { refresh_token: this.tokens.refresh_token } }
  }

  get logout(): Request {
    return this.number % 2
      ? { method: 'POST', path: '/logout', body: { refresh_token: this.tokens.refresh_token } }
      : { ...this.me, method: 'POST', path: '/logout-all' }
  }
}

/** Lets the users do what they do until the app is gone. */
async function killUnderLoad(app: AppProcess, users: readonly User[]): Promise<void> {
  let answered = 0
  let killed: Promise<void> | undefined
  const send = async (request: Request) => {
    const answer = await sendRequest(app.port, request)
    if (++answered === ENOUGH) killed = app.kill()
    return answer
  }
  const live = async (user: User) => {
    for (let turn = 1; ; turn++) {
      if (user.number % 3 > 0 && turn === 2 + user.number) {
        user.loggedOut = undefined
        expect(await send(user.logout)).toMatchObject({ status: 204 })
        user.loggedOut = true
        return
      }
      const { status, text } = await send(user.refresh)
      expect(status).toBe(200)
      user.tokens = JSON.parse(text) as Tokens
    }
  }
  const ends = await Promise.allSettled(users.map(live))
  await killed
  for (const end of ends) {
    if (end.status === 'rejected') expect(String(end.reason)).toMatch(/ECONN|socket hang up/)
  }
}

describeWith('postgres', 'an app that is killed under load', (url) => {
  let scratch: Awaited<ReturnType<typeof onPostgres>>
  let built: CompiledApp
  let env: Record<string, string>

  beforeAll(async () => {
    ;[scratch, built] = await Promise.all([onPostgres(url), CompiledApp.build()])
    await new SqlSessionStore({ db: scratch.connect() }).migrate()
    env = { ...patient, DATABASE_URL: url, DATABASE_OPTIONS: scratch.options }
  }, aFewMinutes)

  afterAll(async () => {
    await built.remove()
    await scratch.drop()
  })

  it(
    'nothing revoked lives again, and no session is lost',
    async () => {
      const first = await built.start(env)
      const numbers = Array.from({ length: USERS }, (_, number) => number)
      const users = await Promise.all(
        numbers.map(async (number) => new User(number, await logIn(first.port, `user-${number}`))),
      )
      await killUnderLoad(first, users)

      const { port } = await built.start(env)
      const [out, still] = [
        users.filter((user) => user.loggedOut),
        users.filter((user) => user.loggedOut === false),
      ]
      expect(Math.min(out.length, still.length)).toBeGreaterThan(0)
      for (const user of out) {
        expect(await sendRequest(port, user.me)).toMatchObject(refused(401, 'token_revoked'))
        expect(await sendRequest(port, user.refresh)).toMatchObject(refused(401, 'token_revoked'))
      }
      for (const user of still) {
        expect(await sendRequest(port, user.me)).toMatchObject({ status: 200 })
        expect(await sendRequest(port, user.refresh)).toMatchObject({ status: 200 })
      }
    },
    aFewMinutes,
  )
})
