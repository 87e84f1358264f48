import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import * as bareCrypto from './tokens/bare-crypto.mjs'
import * as expressOauth2 from './issuers/express-oauth2-jwt-bearer.mjs'
import * as jose from './issuers/jose.mjs'
import * as ours from './issuers/nest-jwt-auth.mjs'
import { newKeys } from './keys.mjs'
import { measure, timed } from './measure.mjs'

const contenders = [ours, expressOauth2, jose]
const algorithm = 'RS256'
const audience = 'https://api.example'

/** Access tokens of another issuer, whose keys are fetched: one call of the library each, without HTTP. */
export async function issuers({ rounds, print }) {
  const { signingKey, verifyKey } = newKeys(algorithm)
  const publisher = await publish({
    ...verifyKey.export({ format: 'jwk' }),
    kid: 'bench',
    alg: algorithm,
    use: 'sig',
  })
  const issuer = publisher.url
  const newClaims = () => {
    const iat = Math.floor(Date.now() / 1000)
    const client_id = 'bench'
    return {
      iss: issuer,
      sub: randomUUID(),
      aud: audience,
      iat,
      exp: iat + 3600,
      jti: randomUUID(),
      client_id,
    }
  }
  const bare = bareCrypto.prepare({ algorithm, signingKey, verifyKey, newClaims })
  const tokens = Array.from({ length: 4000 }, () => bare.issue())
  const setting = { algorithm, issuer, audience, jwksUrl: `${issuer}/keys` }
  const prepared = [await ready(bareCrypto.name, bare)]
  for (const { name, prepare } of contenders) prepared.push(await ready(name, await prepare(setting)))

  await part('verify', 'at first sight', tokens)
  await part('verifyRepeated', 'one token again and again', tokens.slice(0, 1))
  await part('verifyRepeated', '1,000 tokens again and again', tokens.slice(0, 1000))
  publisher.close()

  /** The first token of each fetches the keys: not a part of what is measured. */
  async function ready(name, { verify, verifyRepeated = verify }) {
    await verify(tokens[0])
    await verifyRepeated(tokens[0])
    return { name, verify, verifyRepeated }
  }

  async function part(method, title, list) {
    const fetches = new Map(prepared.map(({ name }) => [name, 0]))
    const samples = prepared.map(({ name, [method]: verify }) => {
      const next = cycle(list)
      const sample = timed(() => verify(next()), 60)
      return {
        name,
        sample: async () => {
          const before = publisher.fetches()
          const result = await sample()
          fetches.set(name, fetches.get(name) + publisher.fetches() - before)
          return result
        },
      }
    })
    const rows = await measure(samples, { rounds, yardstick: bareCrypto.name })
    for (const row of rows) row.fetches = fetches.get(row.name)
    print(`a foreign ${algorithm} token, ${title}`, rows)
  }
}

async function publish(jwk) {
  let fetches = 0
  const server = createServer((_, response) => {
    fetches++
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ keys: [jwk] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    fetches: () => fetches,
    close: () => server.close(),
  }
}

function cycle(list) {
  let at = 0
  return () => list[at++ % list.length]
}
