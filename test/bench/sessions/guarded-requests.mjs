import { randomBytes } from 'node:crypto'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { NestFactory } from '@nestjs/core'
import { load, requestWith } from '../load.mjs'
import { median } from '../measure.mjs'
import { start } from '../start.mjs'
import { storeOf } from './guarded.mjs'

/** Milliseconds. */
const TURN = 250

/** A Nest app on Fastify with the guard: with the check, and with `refreshToken: false`, which has none. */
export async function requestsWith(engine, setting, { rounds, print }) {
  const secret = randomBytes(32).toString('base64url')
  const store = storeOf(engine, setting)
  class Issuer {}
  const issuer = await NestFactory.createApplicationContext(
    {
      module: Issuer,
      imports: [
        JwtAuthModule.forRoot({
          secret,
          sessions: { timeout: '10s' },
          sessionStore: { useFactory: () => store },
        }),
      ],
    },
    { logger: false },
  )
  const tokens = issuer.get(TokenService)
  const requests = []
  for (let number = 0; number < 1000; number++) {
    const { accessToken } = await tokens.issue(`user-${number}`)
    requests.push(requestWith(accessToken))
  }
  const file = new URL('guarded.mjs', import.meta.url).href
  const servers = [
    { name: 'with the check', engine },
    { name: 'without', engine: undefined },
  ]
  const running = await Promise.all(
    servers.map((server) =>
      start({ name: server.name, file }, { adapter: 'fastify', setting: { secret, setting, ...server } }),
    ),
  )
  for (const { port } of running) await warmUp(port, requests)
  const samples = running.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, { port, used }] of running.entries()) {
      const { cpu: before } = await used()
      const { answered, seconds } = await load(port, { requests, status: 200, duration: TURN })
      const { cpu: after } = await used()
      samples[at].push({ perSecond: answered / seconds, cpu: (after - before) / answered })
    }
  }
  const rows = running.map(({ name }, at) => ({
    name,
    perSecond: median(samples[at].map(({ perSecond: rate }) => rate)),
    share: median(samples[at].map(({ perSecond: rate }, round) => rate / samples[1][round].perSecond)),
    cpu: median(samples[at].map(({ cpu }) => cpu)),
  }))
  print(`${engine}: requests of an app on Fastify`, rows)
  for (const { stop } of running) stop()
  await issuer.close()
}

/** The optimizing compiler has seen all there is to see before anything is measured. */
async function warmUp(port, requests) {
  for (let answered = 0; answered < 20_000;) {
    answered += (await load(port, { requests, status: 200, duration: TURN })).answered
  }
}
