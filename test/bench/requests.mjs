import { randomUUID } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { newKeys, textOf } from './keys.mjs'
import { load, requestWith } from './load.mjs'
import { median } from './measure.mjs'
import { start } from './start.mjs'
import { prepare as prepareSigner } from './tokens/bare-crypto.mjs'

const folder = new URL('requests/', import.meta.url)
const helpers = new Set(['server.mjs', 'items.controller.mjs'])
const contenders = await Promise.all(
  readdirSync(folder)
    .filter((file) => !helpers.has(file))
    .map(async (path) => {
      const file = new URL(path, folder).href
      const { name, adapters, algorithms, refusal = 401 } = await import(file)
      return { file, name, adapters, algorithms, refusal }
    }),
)
const yardstick = 'unguarded'
const issuer = 'https://shop.example/'
const audience = 'shop'

const scenarios = {
  'one token': (tokens) => ({ requests: [requestWith(tokens[0])] }),
  '10,000 tokens': (tokens) => ({
    requests: tokens.slice(0, 10_000).map((token) => requestWith(token)),
  }),
  'every token new': (tokens) => ({ requests: tokens.map((token) => requestWith(token)) }),
  'an altered token': (tokens) => ({
    requests: tokens.slice(0, 1000).map((token) => requestWith(altered(token))),
    isBad: true,
  }),
}
const plan = [
  { algorithm: 'HS256', names: Object.keys(scenarios), count: 40_000 },
  { algorithm: 'ES256', names: ['one token', 'every token new'], count: 20_000 },
]

/** Whole requests of a Nest app, each contender in a process of its own, one after the other in short turns. */
export async function requests({ rounds, print }) {
  for (const adapter of ['fastify', 'express']) {
    for (const { algorithm, names, count } of plan) {
      const { setting, tokens } = signedTokens(algorithm, count)
      const servers = await Promise.all(
        able(adapter, algorithm).map((one) => start(one, { adapter, setting })),
      )
      const works = new Map(
        names.map((name) => [name, Object.assign(scenarios[name](tokens), { duration: 200 })]),
      )
      for (const work of works.values()) for (const server of servers) await warmUp(server, work)
      for (const [name, work] of works) {
        const rows = await interleaved(servers, work, rounds)
        print(`${adapter}, ${algorithm}, ${name}`, rows)
      }
      for (const { stop } of servers) stop()
    }
  }
}

function able(adapter, algorithm) {
  return contenders.filter(
    ({ adapters = [adapter], algorithms = [algorithm] }) =>
      adapters.includes(adapter) && algorithms.includes(algorithm),
  )
}

function signedTokens(algorithm, count) {
  const keys = newKeys(algorithm)
  const newClaims = () => {
    const iat = Math.floor(Date.now() / 1000)
    const sub = '3b241101-e2bb-4255-8caf-4136c566a962'
    return { iss: issuer, sub, aud: audience, iat, exp: iat + 3600, jti: randomUUID(), is_admin: false }
  }
  const signer = prepareSigner({ algorithm, newClaims, ...keys })
  const material =
    algorithm === 'HS256'
      ? { secret: textOf(keys.signingKey) }
      : { privateKey: textOf(keys.signingKey), publicKey: textOf(keys.verifyKey) }
  return {
    setting: { algorithm, issuer, audience, ...material },
    tokens: Array.from({ length: count }, () => signer.issue()),
  }
}

/** Half a second of CPU time with each scenario: the optimizing compiler has seen all before anything is measured. */
async function warmUp(server, work) {
  const { cpu: before } = await server.used()
  for (let cpu = before; cpu - before < 500_000; { cpu } = await server.used()) await turn(server, work)
}

/**
 * Per request: CPU time of the server, beyond the yardstick's too; and the share of the yardstick's requests per second,
 * as they were counted and as the CPU time has it, which does not depend on what else the machine does.
 */
async function interleaved(servers, work, rounds) {
  const samples = new Map(servers.map(({ name }) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    for (let at = 0; at < servers.length; at++) {
      const server = servers[(at + round) % servers.length]
      samples.get(server.name).push(await turn(server, work))
    }
  }
  const base = samples.get(yardstick)
  return servers.map(({ name }) => {
    const own = samples.get(name)
    return {
      name,
      perSecond: median(own.map(({ perSecond }) => perSecond)),
      share: median(own.map(({ perSecond }, round) => perSecond / base[round].perSecond)),
      cpuShare: median(own.map(({ cpu }, round) => base[round].cpu / cpu)),
      cpu: median(own.map(({ cpu }) => cpu)),
      added: median(own.map(({ cpu }, round) => cpu - base[round].cpu)),
    }
  })
}

async function turn({ port, used, refusal }, { isBad, ...work }) {
  const { cpu: before } = await used()
  const { answered, seconds } = await load(port, { ...work, status: isBad ? refusal : 200 })
  const { cpu: after } = await used()
  return { perSecond: answered / seconds, cpu: (after - before) / answered }
}

function altered(token) {
  const at = token.lastIndexOf('.') + 8
  return token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
}
