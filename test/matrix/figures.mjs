import { randomUUID } from 'node:crypto'
import { newKeys, textOf } from '../bench/keys.mjs'
import { load, requestWith } from '../bench/load.mjs'
import { start } from '../bench/start.mjs'
import { prepare as prepareSigner } from '../bench/tokens/bare-crypto.mjs'

/**
 * Prints, as JSON, which share of its unguarded requests an app keeps behind the guard, and with `requestContext` too:
 * by CPU time on Fastify, with one HS256 token. On this version of Node, and the Nest of NEST_FOLDER.
 */
const ROUNDS = 12
const [issuer, audience, algorithm] = ['https://shop.example/', 'shop', 'HS256']
const keys = newKeys(algorithm)
const setting = { algorithm, issuer, audience, secret: textOf(keys.signingKey) }
const requests = [requestWith(prepareSigner({ algorithm, newClaims, ...keys }).issue())]

const contenders = {
  unguarded: '../bench/requests/unguarded.mjs',
  guarded: '../bench/requests/nest-jwt-auth.mjs',
  withContext: './with-context.mjs',
}
const servers = await Promise.all(Object.entries(contenders).map(startOne))
for (const server of servers) await warmUp(server)

// The least of the rounds: what else the machine does can only make a request dearer.
const least = { unguarded: Infinity, guarded: Infinity, withContext: Infinity }
for (let round = 0; round < ROUNDS; round++) {
  for (const server of servers) least[server.name] = Math.min(least[server.name], await cpuPerRequest(server))
}
for (const { stop } of servers) stop()
const shareOf = (name) => Number((least.unguarded / least[name]).toFixed(2))
console.log(JSON.stringify({ guarded: shareOf('guarded'), withContext: shareOf('withContext') }))

function newClaims() {
  const iat = Math.floor(Date.now() / 1000)
  return { iss: issuer, sub: 'ada', aud: audience, iat, exp: iat + 3600, jti: randomUUID() }
}

function startOne([name, path]) {
  const file = new URL(path, import.meta.url).href
  return start({ name, file }, { adapter: 'fastify', setting }, process.execArgv)
}

/** A second of CPU time: the optimizing compiler has seen all before anything is measured. */
async function warmUp(server) {
  const { cpu: before } = await server.used()
  for (let cpu = before; cpu - before < 1_000_000; { cpu } = await server.used()) await cpuPerRequest(server)
}

async function cpuPerRequest({ port, used }) {
  const { cpu: before } = await used()
  const { answered } = await load(port, { requests, status: 200, duration: 200 })
  const { cpu: after } = await used()
  return (after - before) / answered
}
