import { newKeys, textOf } from './keys.mjs'
import { median } from './measure.mjs'
import { start } from './start.mjs'

const both = ['express', 'fastify']
const contender = (name, file, adapters = both) => ({
  name,
  file: new URL(`requests/${file}.mjs`, import.meta.url).href,
  adapters,
})
const contenders = [
  contender('without authentication', 'unguarded'),
  contender('nest-jwt-auth', 'nest-jwt-auth'),
  contender('nest-jwt-auth, with sessions', 'nest-jwt-auth-sessions'),
  contender('@nestjs/jwt, the recipe', 'nest-jwt-recipe'),
  contender('@nestjs/passport, passport-jwt', 'passport-jwt', ['express']),
]

/**
 * From the start of the process until it listens: CPU time of user and system, and memory after a collection. What the
 * same app without authentication used in the same round is subtracted inside the round.
 */
export async function startUp({ rounds, print }) {
  for (const adapter of both) {
    const able = contenders.filter(({ adapters }) => adapters.includes(adapter))
    print(`${adapter}, until it listens`, await measureStarts(able, adapter, rounds))
  }
}

async function measureStarts(able, adapter, rounds) {
  const setting = newSetting()
  const samples = able.map(() => [])
  for (let round = 0; round <= rounds; round++) {
    for (let turn = 0; turn < able.length; turn++) {
      const at = (turn + round) % able.length
      const app = await start(able[at], { adapter, setting }, ['--expose-gc'])
      const { cpu, heapUsed, rss } = await app.used()
      app.stop()
      // The first round reads the files into the system's cache.
      if (round > 0) samples[at].push({ cpu: cpu / 1000, heap: heapUsed / 2 ** 20, memory: rss / 2 ** 20 })
    }
  }
  const [base] = samples
  return able.map(({ name }, at) => ({
    name,
    startUp: median(samples[at].map(({ cpu }) => cpu)),
    startUpAdded: median(samples[at].map(({ cpu }, round) => cpu - base[round].cpu)),
    ratio: median(samples[at].map(({ cpu }, round) => cpu / base[round].cpu)),
    heap: median(samples[at].map(({ heap }) => heap)),
    memory: median(samples[at].map(({ memory }) => memory)),
  }))
}

function newSetting() {
  const { signingKey } = newKeys('HS256')
  return { algorithm: 'HS256', secret: textOf(signingKey), issuer: 'https://shop.example/', audience: 'shop' }
}
