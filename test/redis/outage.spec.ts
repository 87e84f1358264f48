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
const RATES = [500, 250, 125, 60, 30]
const SETTINGS = '--appendonly yes --appendfsync always --enable-debug-command yes'.split(' ')
const SECOND = 1000
/** A request that needs the store waits for a busy machine several times where a public one waits once. */
const WAITS = 10

const between = (outcomes: readonly Outcome[], from: number, to = Infinity) =>
  outcomes.filter(({ at }) => at >= from && at < to)
const needsStore = ({ kind }: Outcome) => kind !== 'public'
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

/** What must be so of every outage. A second is one on a machine without noise. */
function expectNoHarm({ outcomes }: Load, noise: number): void {
  const only = (...kinds: Outcome['kind'][]) => outcomes.filter(({ kind }) => kinds.includes(kind))
  expect(percentileOf(outcomes, 99)).toBeLessThan(SECOND + WAITS * noise)
  expect(statusesOf(only('public'))).toEqual(new Set([200]))
  expect(statusesOf(only('revoked'))).toEqual(new Set([401, 503]))
  expect(statusesOf(only('private', 'refresh', 'login'))).toEqual(new Set([200, 201, 503]))
  for (const { status, retryAfter } of outcomes) {
    if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0)
  }
}

/** Goes on until everything is as before; that takes five seconds at most, and nobody has lost a session. */
async function untilNormal(load: Load): Promise<number> {
  const ended = load.now()
  let refused = ended
  for (let isNormal = false; !isNormal;) {
    const from = load.now()
    await load.until(100, needsStore)
    const late = between(load.outcomes, from).findLast(({ status }) => status === 503)
    if (late) refused = late.at
    else isNormal = true
  }
  await load.stop()
  for (const user of load.users) expect(await load.refresh(user)).toMatchObject({ status: 200 })
  return refused - ended
}

describeWith('redis-server', `an app under ${RATES.join(', or else ')} requests a second`, () => {
  let running: Load | undefined

  afterEach(() => running?.stop())

  async function start() {
    const server = await RedisServer.start(...SETTINGS)
    const [app] = await startInstances(1, { REDIS_URL: server.url, PREFIX: 'app:', REUSE_GRACE: '60s' })
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
      await load.until(100, () => true)
      await begin(server)
      const began = load.now()
      await load.until(300, needsStore)
      const ended = load.now()
      await end(server)
      const recovery = await untilNormal(load)

      const noise = noiseOf(load)
      tell(rate, noise)
      expectNoHarm(load, noise)
      const during = between(load.outcomes, began).filter(({ at, took }) => at + took < ended)
      expect(statusesOf(during.filter(needsStore))).toEqual(new Set([503]))
      expect(recovery).toBeLessThan(5 * SECOND + WAITS * noise)
    },
  )

  it('when Redis is slow: some have to try again, 99 of 100 within a second, and nobody is refused for good', async () => {
    const { server, load } = await start()
    const admin = await connect(server.url)
    const rate = await load.start(RATES)
    const began = load.now()
    for (let round = 0; round < 5; round++) await admin.sendCommand(['DEBUG', 'SLEEP', '0.7'])
    const ended = load.now()
    const recovery = await untilNormal(load)

    const noise = noiseOf(load)
    tell(rate, noise)
    expectNoHarm(load, noise)
    expect(statusesOf(between(load.outcomes, began, ended))).toContain(503)
    expect(recovery).toBeLessThan(5 * SECOND + WAITS * noise)
  })
})
