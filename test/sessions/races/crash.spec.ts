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
const ENOUGH = 1200

const me = (token: string): Request => ({ path: '/me', headers: [['Authorization', `Bearer ${token}`]] })
const post = (path: string, body: object): Request => ({ method: 'POST', path, body })

/** One user, who refreshes again and again; two of three log out at some time, every other one everywhere. */
class User {
  readonly subject: string
  /** Access tokens that were revoked, and one-time tokens that were consumed. */
  readonly revoked: string[] = []
  readonly consumed: string[] = []
  /** `undefined`: asked for, and nobody knows what came of it. */
  loggedOut: boolean | undefined = false

  constructor(
    readonly number: number,
    public tokens: Tokens,
  ) {
    this.subject = subjectOf(number)
  }

  get me(): Request {
    return me(this.tokens.access_token)
  }

  get refresh(): Request {
    return post('/refresh', { refresh_token: this.tokens.refresh_token })
  }

  get logout(): Request {
    return this.number % 2
      ? post('/logout', { refresh_token: this.tokens.refresh_token })
      : logoutAll(this.tokens.access_token)
  }
}

const subjectOf = (number: number) => `user-${number}`
const logoutAll = (token: string): Request => ({ ...me(token), method: 'POST', path: '/logout-all' })
const revoke = (token: string) => post('/revoke', { access_token: token })
const consume = (token: string) => post('/consume', { one_time_token: token })

/** Lets the users do what they do until the app is gone. */
async function killUnderLoad(app: AppProcess, users: readonly User[]): Promise<void> {
  let answered = 0
  let killed: Promise<void> | undefined
  const ask = async <T>(request: Request, expected = 200): Promise<T> => {
    const { status, body } = await sendRequest(app.port, request)
    if (++answered === ENOUGH) killed = app.kill()
    expect({ status, body }).toMatchObject({ status: expected })
    return body as T
  }
  /** An access token without a session. */
  const alone = async (subject: string) =>
    (await ask<Pick<Tokens, 'access_token'>>(post('/access-token', { subject }))).access_token
  const live = async (user: User) => {
    for (let turn = 1; ; turn++) {
      if (user.number % 3 > 0 && turn === 2 + user.number) {
        user.loggedOut = undefined
        await ask(user.logout, 204)
        user.loggedOut = true
        return
      }
      const { access_token: last } = user.tokens
      user.tokens = await ask<Tokens>(user.refresh)
      const guest = await alone(`guest-${turn}-of-${user.subject}`)
      await ask(logoutAll(guest), 204)
      user.revoked.push(guest)
      const unwanted = turn % 2 ? last : await alone(user.subject)
      await ask(revoke(unwanted), 204)
      user.revoked.push(unwanted)
      const { one_time_token: once } = await ask<{ one_time_token: string }>(
        post('/one-time-token', { subject: user.subject }),
      )
      await ask(consume(once), 204)
      user.consumed.push(once)
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
  })

  afterAll(async () => {
    await built.remove()
    await scratch.drop()
  })

  it('nothing revoked or consumed lives again, and no session is lost', async () => {
    const first = await built.start(env)
    const numbers = Array.from({ length: USERS }, (_, number) => number)
    const users = await Promise.all(
      numbers.map(async (number) => new User(number, await logIn(first.port, subjectOf(number)))),
    )
    await killUnderLoad(first, users)

    const { port } = await built.start(env)
    const [out, still] = [
      users.filter((user) => user.loggedOut),
      users.filter((user) => user.loggedOut === false),
    ]
    const revoked = users.flatMap((user) => user.revoked)
    const consumed = users.flatMap((user) => user.consumed)
    for (const some of [out, still, revoked, consumed]) expect(some.length).toBeGreaterThan(0)
    const expectRevoked = async (request: Request) => {
      expect(await sendRequest(port, request)).toMatchObject(refused(401, 'token_revoked'))
    }
    for (const token of revoked) await expectRevoked(me(token))
    for (const token of consumed) await expectRevoked(consume(token))
    for (const user of out) {
      await expectRevoked(user.me)
      await expectRevoked(user.refresh)
    }
    for (const user of still) {
      expect(await sendRequest(port, user.me)).toMatchObject({ status: 200 })
      expect(await sendRequest(port, user.refresh)).toMatchObject({ status: 200 })
    }
  })
})
