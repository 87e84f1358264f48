import { expect, it } from '@jest/globals'
import { readToken } from '../support/forge.js'
import type { Answer } from '../support/http.js'
import { refused } from '../support/refusals.js'
import { describeWith } from '../support/services.js'
import { connect, ownPrefix } from './support/clients.js'
import { type InstanceProcess, startInstances } from './support/instances.js'

const ROUNDS = process.env['REQUIRE_SERVICES'] === '1' ? 1000 : 100
const PARALLEL = 25

interface Pair {
  access_token: string
  refresh_token: string
}
const pairOf = ({ body }: Answer) => body as Pair

const login = async ([first]: readonly InstanceProcess[], name: string) =>
  pairOf(await first!.post('/login', { name }))

/** 25 uses of one refresh token at a time, spread over all. */
const refreshAll = (instances: readonly InstanceProcess[], token: string) =>
  Promise.all(
    Array.from({ length: PARALLEL }, (_, at) =>
      instances[at % instances.length]!.post('/refresh', { refresh_token: token }),
    ),
  )

const statusesOf = async (instances: readonly InstanceProcess[], token: string) =>
  new Set(
    (await Promise.all(instances.map((instance) => instance.get('/private', token)))).map(
      ({ status }) => status,
    ),
  )

describeWith('redis', 'four processes of an app on one Redis', (url) => {
  const usualPrefix = ownPrefix(url)
  const start = (reuseGrace: string, prefix = ownPrefix(url)) =>
    startInstances(4, {
      REDIS_URL: url,
      PREFIX: prefix,
      REUSE_GRACE: reuseGrace,
      // Five busy processes share what processors there are: how long they take is not the question here.
      STORE_TIMEOUT: '1m',
    })

  let usual: ReturnType<typeof start> | undefined

  it(`${ROUNDS} rounds of ${PARALLEL} refreshes at a time: one successor for all, and no branch beside it`, async () => {
    const instances = await (usual ??= start('60s', usualPrefix))
    const client = await connect(url)
    /** All that is in the store of the one user of this test. */
    const records = async () => ({ ...(await client.hGetAll(`${usualPrefix}{ada}`)) })
    const pairs = [await login(instances, 'ada')]
    for (let round = 0; round < ROUNDS; round++) {
      const token = pairs.at(-1)?.refresh_token ?? ''
      const answers = await refreshAll(instances, token)
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
      const successors = new Set(answers.map((answer) => pairOf(answer).refresh_token))
      expect(successors.size).toBe(1)
      expect(successors).not.toContain(token)
      pairs.push(pairOf(answers[0]!))
    }

    // The token before the last two is what a thief would have.
    const [stolen, , last] = pairs.slice(-3).map(({ refresh_token: token }) => token)
    const { sid, jti } = readToken(last ?? '').claims
    expect(await records()).toEqual({
      [`s:${String(sid)}`]: expect.stringMatching(`^\\d+ ${String(jti)} `),
    })
    const refresh = (at: number, token = '') => instances[at]!.post('/refresh', { refresh_token: token })
    expect(await refresh(1, stolen)).toMatchObject(refused(401, 'refresh_reused'))
    expect(await refresh(2, last)).toMatchObject(refused(401, 'token_revoked'))
    expect(await statusesOf(instances, pairs.at(-1)?.access_token ?? '')).toEqual(new Set([401]))
    expect(await records()).toEqual({})
  })

  it('without a grace exactly one of them succeeds, and the session is dead for all', async () => {
    const instances = await start('0s')
    for (let round = 0; round < ROUNDS / 20; round++) {
      const { refresh_token: token } = await login(instances, 'ada')
      const answers = await refreshAll(instances, token)
      const winners = answers.filter(({ status }) => status === 200)
      expect(winners).toHaveLength(1)
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 401]))
      const [winner] = winners.map(pairOf)
      expect(await statusesOf(instances, winner?.access_token ?? '')).toEqual(new Set([401]))
      const again = await instances[1]!.post('/refresh', { refresh_token: winner?.refresh_token })
      expect(again.status).toBe(401)
    }
  })

  it('what one of them revokes, the very next request to every other refuses', async () => {
    const instances = await (usual ??= start('60s', usualPrefix))
    for (let round = 0; round < ROUNDS / 4; round++) {
      const { access_token: token } = await login(instances, `user-${round}`)
      expect(await statusesOf(instances, token)).toEqual(new Set([200]))
      const how = ['/logout', '/logout-all', '/revoke'][round % 3] ?? ''
      const revoked = await instances[round % instances.length]!.post(how, {}, token)
      expect(revoked.status).toBe(201)
      expect(await statusesOf(instances, token)).toEqual(new Set([401]))
    }
  })
})
