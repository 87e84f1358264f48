import { randomUUID } from 'node:crypto'
import { algorithms, newKeys } from './keys.mjs'
import { measure, timed } from './measure.mjs'
import * as bareCrypto from './tokens/bare-crypto.mjs'
import * as fastJwt from './tokens/fast-jwt.mjs'
import * as jose from './tokens/jose.mjs'
import * as jsonwebtoken from './tokens/jsonwebtoken.mjs'
import * as ours from './tokens/nest-jwt-auth.mjs'

const contenders = [bareCrypto, ours, fastJwt, jsonwebtoken, jose]
const issuer = 'https://shop.example'
const audience = 'shop'
const sub = '3b241101-e2bb-4255-8caf-4136c566a962'

/** Milliseconds. Short and many, so that some are undisturbed on a busy machine. */
const SAMPLE = 15
const SAMPLES_PER_ROUND = 8

function newClaims() {
  const iat = Math.floor(Date.now() / 1000)
  return { iss: issuer, sub, aud: audience, iat, exp: iat + 900, jti: randomUUID(), is_admin: false }
}

/** One call of the library each: no Nest, no HTTP. */
export async function tokens({ rounds, print }) {
  for (const algorithm of algorithms) {
    const setting = { algorithm, issuer, audience, newClaims, ...newKeys(algorithm) }
    const prepared = await Promise.all(
      contenders.map(async ({ name, prepare }) => Object.assign({ name }, await prepare(setting))),
    )
    const signed = await tokensOf(prepared[0], 4000)
    await checkAll(prepared, signed[0])
    await part(`${algorithm}: verify, every token new`, prepared, 'verify', () => cycle(signed))
    await part(`${algorithm}: verify, one token again and again`, prepared, 'verifyRepeated', () =>
      cycle(signed.slice(0, 1)),
    )
    await part(`${algorithm}: verify, 1,000 tokens again and again`, prepared, 'verifyRepeated', () =>
      cycle(signed.slice(0, 1000)),
    )
    await part(`${algorithm}: issue`, prepared, 'issue', () => () => undefined)
  }

  async function part(title, prepared, method, source) {
    const able = prepared.flatMap(({ name, ...contender }) => {
      const work = contender[method] ?? (method === 'verifyRepeated' ? contender.verify : undefined)
      if (work === undefined) return []
      const next = source()
      return [{ name, sample: timed(() => work(next()), SAMPLE) }]
    })
    print(title, await measure(able, { rounds: SAMPLES_PER_ROUND * rounds, yardstick: bareCrypto.name }))
  }
}

async function tokensOf({ issue }, count) {
  return Array.from({ length: count }, () => issue())
}

/** All the same work: each takes a token of the yardstick, and the yardstick takes a token of each. */
async function checkAll([yardstick, ...others], token) {
  for (const { verify, issue } of others) {
    await verify?.(token)
    if (issue) yardstick.verify(await issue())
  }
}

function cycle(list) {
  let at = 0
  return () => list[at++ % list.length]
}
