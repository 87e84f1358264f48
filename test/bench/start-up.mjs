import { newKeys, textOf } from './keys.mjs'
import { median } from './measure.mjs'
import { start } from './start.mjs'

const contenders = [
  ['without authentication', 'unguarded'],
  ['nest-jwt-auth', 'nest-jwt-auth'],
  ['nest-jwt-auth, with sessions', 'nest-jwt-auth-sessions'],
  ['@nestjs/jwt, the recipe', 'nest-jwt-recipe'],
  ['@nestjs/passport, passport-jwt', 'passport-jwt'],
].map(([name, file]) => ({ name, file: new URL(`requests/${file}.mjs`, import.meta.url).href }))

/** From the start of the process until it listens: CPU time, and memory after a collection. */
export async function startUp({ rounds, print }) {
  const { signingKey } = newKeys('HS256')
  const setting = {
    algorithm: 'HS256',
    secret: textOf(signingKey),
    issuer: 'https://shop.example/',
    audience: 'shop',
  }
  const samples = contenders.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < contenders.length; turn++) {
      const at = (turn + round) % contenders.length
      const app = await start(contenders[at], { adapter: 'express', setting }, ['--expose-gc'])
      const { cpu, heapUsed, rss } = await app.used()
      app.stop()
      // The first round reads the files into the system's cache.
      if (round > 0) samples[at].push({ cpu: cpu / 1000, heap: heapUsed / 2 ** 20, memory: rss / 2 ** 20 })
    }
  }
  const [base] = samples
  print(
    'express, until it listens',
    contenders.map(({ name }, at) => ({
      name,
      startUp: median(samples[at].map(({ cpu }) => cpu)),
      startUpAdded: median(samples[at].map(({ cpu }, round) => cpu - base[round].cpu)),
      heap: median(samples[at].map(({ heap }) => heap)),
      memory: median(samples[at].map(({ memory }) => memory)),
    })),
  )
}
