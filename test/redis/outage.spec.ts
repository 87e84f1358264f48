import { setTimeout as pass } from 'node:timers/promises'
import { afterEach, expect, it } from '@jest/globals'
import { describeWith } from '../support/services.js'
import { connect } from './support/clients.js'
import { startInstances } from './support/instances.js'
import { Load, type Outcome, percentileOf } from './support/load.js'
import { prefer } from './support/prefer.js'
import { RedisServer } from './support/redis-server.js'

/**
 * Requests a second; less only where the machine is too busy to carry more without any outage. What is demanded is the
 * same at each rate, and every run says which it was.
 */
const RATES = [500, 250, 125]
const SETTINGS = '--appendonly yes --appendfsync always --enable-debug-command yes'.split(' ')
const SECOND = 1000

const between = (outcomes: readonly Outcome[], from: number, to = Infinity) =>
  outcomes.filter(({ at }) => at >= from && at < to)
const statusesOf = (outcomes: readonly Outcome[]) => new Set(outcomes.map(({ status }) => status))

/** How long 99 of 100 public requests took at most: what the machine adds to all, by all else that runs on it. */
const noiseOf = ({ outcomes }: Load) =>
  percentileOf(
    outcomes.filter(({ kind }) => kind === 'public'),
    99,
  )

/** So that nobody takes a run on a busy machine for more than it was. */
function tell(rate: number, noise: number): void {
  const { currentTestName } = expect.getState()
  console.info(
    `${currentTestName}\nThis was at ${rate} requests a second, and the noise ${noise.toFixed()} ms.`,
  )
}

/** What must be so of every outage; a second is one without the noise, which may be no second itself. */
function expectNoHarm({ outcomes }: Load, noise: number): void {
  const only = (...kinds: Outcome['kind'][]) => outcomes.filter(({ kind }) => kinds.includes(kind))
  expect(noise).toBeLessThan(SECOND)
  expect(percentileOf(outcomes, 99) - noise).toBeLessThan(SECOND)
  expect(statusesOf(only('public'))).toEqual(new Set([200]))
  expect(statusesOf(only('revoked'))).toEqual(new Set([401, 503]))
  expect(statusesOf(only('private', 'refresh', 'login'))).toEqual(new Set([200, 201, 503]))
  for (const { status, retryAfter } of outcomes) {
    if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0)
  }
}

/** Everything is as before, and nobody has lost a session. */
async function expectNormal(load: Load, since: number): Promise<void> {
  expect(statusesOf(between(load.outcomes, since))).toEqual(new Set([200, 201, 401]))
  for (const user of load.users) expect(await load.refresh(user)).toBe(200)
}

describeWith('redis-server', `an app under ${RATES.join(', or else ')} requests a second`, () => {
  let running: Load | undefined

  afterEach(() => running?.stop())

  async function start() {
    const server = await RedisServer.start(...SETTINGS)
    const [app] = await startInstances(1, { REDIS_URL: server.url, PREFIX: 'app:' })
    prefer(process.pid, server.pid, app!.pid)
    const { body } = await app!.post('/login', { name: 'eve' })
    const { access_token: revoked } = body as { access_token: string }
    await app!.post('/logout', {}, revoked)
    const load = (running = new Load(app!, revoked))
    await load.addUsers(200)
    return { server, load }
  }

  it.each([
    {
      outage: 'is killed and restarted',
      begin: (server: RedisServer) => server.kill(),
      end: (server: RedisServer) => server.launch(),
    },
    {
      outage: 'hangs',
      begin: async (server: RedisServer) => server.pause(),
      end: async (server: RedisServer) => server.resume(),
    },
  ])(
    'when Redis $outage: 503 to what needs it, 99 of 100 within a second, and normal within five of its return',
    async ({ begin, end }) => {
      const { server, load } = await start()
      const rate = await load.start(RATES)
      await pass(SECOND)
      const began = load.now()
      await begin(server)
      await pass(3 * SECOND)
      await end(server)
      const ended = load.now()
      await pass(7 * SECOND)
      await load.stop()

      const noise = noiseOf(load)
      tell(rate, noise)
      expectNoHarm(load, noise)
      const needing = load.outcomes.filter(({ kind }) => kind !== 'public')
      const first = needing.find(({ status }) => status === 503)
      expect(first!.at + first!.took - began - noise).toBeLessThan(SECOND)
      expect(statusesOf(between(needing, began + SECOND + noise, ended - SECOND))).toEqual(new Set([503]))
      await expectNormal(load, ended + 5 * SECOND)
    },
  )

  it('when Redis is slow: some have to try again, 99 of 100 within a second, and nobody is refused for good', async () => {
    const { server, load } = await start()
    const admin = await connect(server.url)
    const rate = await load.start(RATES)
    const began = load.now()
    for (let round = 0; round < 5; round++) await admin.sendCommand(['DEBUG', 'SLEEP', '0.7'])
    const ended = load.now()
    await pass(7 * SECOND)
    await load.stop()

    const noise = noiseOf(load)
    tell(rate, noise)
    expectNoHarm(load, noise)
    expect(statusesOf(between(load.outcomes, began, ended))).toContain(503)
    await expectNormal(load, ended + 5 * SECOND)
  })
})
