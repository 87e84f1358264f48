import { Controller, Get, UseGuards } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  type Algorithm,
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  type JwtKey,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import type { RingKey } from '../../packages/core/src/keys/import-key.js'
import { KeyProblem } from '../../packages/core/src/keys/key-problem.js'
import { parseStrictObject } from '../../packages/core/src/token/strict-json.js'
import { adapters, type RunningApp, startApp, startModule } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'
import { describeWith } from '../support/services.js'
import { signBytes } from './sign-bytes.js'
import { importSample, jwtKeyOf, tryImport, verifyJws, verifyJwsWithoutKid } from './jws-layer.js'
import { type JwsCase, type Jwk, readVectors } from './vectors.js'

@Controller('me')
@UseGuards(JwtGuard)
class MeController {
  @Get()
  me() {
    return {}
  }
}

/** Keys of valid examples that we refuse at boot, since whoever reads the examples has them. */
const sampleSecrets: Record<string, RegExp> = {
  kfdf9ea7f: /repeated/,
  kc6865c95: /well-known example/,
  'rfc7515-A1': /well-known example/,
}

const countingSecret = 'a secret that counts its bytes from zero is guessed'

/** Of its cases the file says that they are a matter of policy; here is ours, where it is the other one. */
const otherPolicies: Record<string, string> = {
  'wp-jwk-13': countingSecret,
  'wp-jwk-14': countingSecret,
  'wp-jwk-15': countingSecret,
  'wp-jwk-1':
    'secrets and key pairs may share a ring, or none could be exchanged for the other: kid names one key',
}

const ownKey: JwtKey = { algorithm: 'HS256', secret: SECRET, kid: 'own' }

async function serviceWith(keys: readonly JwtKey[]): Promise<TokenService> {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ keys: [ownKey, ...keys] })] })
  return module.get(TokenService)
}

/** `undefined` where it is refused as a token should be; anything else is wrong. */
async function wrongAnswer(tokens: TokenService, token: string): Promise<string | undefined> {
  try {
    await tokens.verify(token)
    return 'accepted'
  } catch (error) {
    return error instanceof JwtAuthError && error.getStatus() === 401 ? undefined : String(error)
  }
}

const isRepeated = (name: string) => name.includes('duplicated_key')

async function wrongOnes<T>(cases: readonly T[], check: (one: T) => Promise<string | undefined>) {
  const answers = await Promise.all(cases.map(check))
  return cases.flatMap((one, at) => (answers[at] === undefined ? [] : [{ one, answer: answers[at] }]))
}

const isAccepted = (verify: () => unknown): boolean => {
  try {
    verify()
    return true
  } catch (error) {
    expect(error).toBeInstanceOf(JwtAuthError)
    return false
  }
}

describeWith('vectors', 'public test vectors', (folder) => {
  const vectors = readVectors(folder)

  describe('Wycheproof, JSON web signatures', () => {
    const cases = vectors.jws.cases.filter(({ expect: expected }) => expected !== 'excluded')
    const groups = [...new Set(cases.map(({ key }) => key))].map((key) => ({
      name: key,
      group: cases.filter((one) => one.key === key),
    }))

    it('leaves out the six cases that are marked so, and no other', () => {
      expect(vectors.jws.cases.length - cases.length).toBe(6)
    })

    describe.each(groups)('under the key $name', ({ name, group }) => {
      const jwk = vectors.jws.keys[name] as Jwk
      const algorithm = (group[0] as JwsCase).alg ?? (jwk.kty === 'EC' ? 'ES256' : 'RS256')
      const sample = sampleSecrets[name]
      const hasValid = group.some((one) => one.expect === 'valid')

      it('are good or bad as they should be', async () => {
        const imported = await tryImport(jwtKeyOf(jwk, algorithm))
        if (sample !== undefined) expect(imported).toMatchObject({ problem: expect.stringMatching(sample) })
        else if (hasValid) expect(imported).not.toBeInstanceOf(KeyProblem)
        if (imported instanceof KeyProblem && sample === undefined) return

        const key = imported instanceof KeyProblem ? importSample(jwk, algorithm as Algorithm) : imported
        const accepted = group.filter(({ jws }) => isAccepted(() => verifyJws(jws, [key])))
        expect(accepted.map(({ id }) => id)).toEqual(
          group.filter((one) => one.expect === 'valid').map(({ id }) => id),
        )
      })

      it('are all refused as tokens: none has claims', async () => {
        const key = jwtKeyOf(jwk, algorithm)
        const usable = !((await tryImport(key)) instanceof KeyProblem)
        const tokens = await serviceWith(usable ? [key] : [])
        expect(await wrongOnes(group, ({ jws }) => wrongAnswer(tokens, jws))).toEqual([])
      })
    })
  })

  describe('Wycheproof, JSON web keys', () => {
    it.each(vectors.jwk)('$id: $comment', async ({ id, jwk, jws, ...one }) => {
      const keys = jwk.keys.map((key) => jwtKeyOf(key, key.alg))
      const imported = await Promise.all(keys.map(tryImport))
      const usable = imported.filter((key): key is RingKey => !(key instanceof KeyProblem))
      const kids = new Set(usable.map(({ kid }) => kid))
      const isRing = usable.length === keys.length && kids.size === keys.length
      const accepted = isRing && isAccepted(() => verifyJws(jws, usable))
      expect(accepted).toBe((one.expect === 'valid') !== id in otherPolicies)

      const start = () => serviceWith(keys)
      if (isRing) expect(await wrongAnswer(await start(), jws)).toBeUndefined()
      else await expect(start()).rejects.toMatchObject({ code: 'config_invalid' })
    })
  })

  describe('the examples of the RFCs', () => {
    const signed = vectors.rfc.filter(({ compact, jwk }) => compact !== undefined && jwk !== undefined)
    const unsigned = vectors.rfc.filter(({ compact, jwk }) => compact !== undefined && jwk === undefined)
    const thumbprints = vectors.rfc.filter(({ thumbprintS256 }) => thumbprintS256 !== undefined)

    it.each(signed)('$id is a good signature, and no token for want of a kid', async ({ id, ...one }) => {
      const { jwk, compact = '', alg = '' } = one as { jwk: Jwk; compact?: string; alg?: string }
      const imported = await tryImport(jwtKeyOf(jwk, alg))
      expect(imported instanceof KeyProblem).toBe(id in sampleSecrets)
      const key = imported instanceof KeyProblem ? importSample(jwk, alg as Algorithm) : imported

      expect(isAccepted(() => verifyJwsWithoutKid(compact, key))).toBe(true)
      expect(isAccepted(() => verifyJws(compact, [key]))).toBe(false)
    })

    it.each(unsigned)('$id is refused', async ({ compact = '' }) => {
      expect(await wrongAnswer(await serviceWith([]), compact)).toBeUndefined()
    })

    it.each(thumbprints)('$id is the kid by default', async ({ jwk, thumbprintS256 }) => {
      const { kid: _kid, ...nameless } = jwk as Jwk
      const algorithm = nameless.kty === 'OKP' ? 'EdDSA' : 'RS256'
      expect(await tryImport(jwtKeyOf(nameless, algorithm))).toMatchObject({ kid: thumbprintS256 })
    })
  })

  describe('the JOSE cookbook', () => {
    const withKey = vectors.cookbook.filter(
      ({ compact, alg, expectAsJwt }) =>
        compact !== undefined && typeof alg === 'string' && expectAsJwt === undefined,
    )
    const attached = withKey.filter(({ compact }) => !compact?.includes('..'))
    const texts = vectors.cookbook.flatMap(({ id, compact, json, json_flat: flat }) =>
      [compact, json, flat].flatMap((form) =>
        form === undefined ? [] : [{ id, text: typeof form === 'string' ? form : JSON.stringify(form) }],
      ),
    )

    it.each(attached)('$title: a good signature', async (one) => {
      const { alg, publicJwk, compact = '', payload = '' } = one as typeof one & { publicJwk: Jwk }
      const imported = await tryImport(jwtKeyOf(publicJwk, alg as string))
      const key = imported instanceof KeyProblem ? importSample(publicJwk, alg as Algorithm) : imported

      expect(verifyJwsWithoutKid(compact, key).toString('utf8')).toBe(payload)
    })

    it.each(attached.filter(({ reproducible }) => reproducible))('$title: the same again', async (one) => {
      const { alg, privateJwk, compact = '' } = one as typeof one & { privateJwk: Jwk }
      const imported = await tryImport(jwtKeyOf(privateJwk, alg as string))
      const key = imported instanceof KeyProblem ? importSample(privateJwk, alg as Algorithm) : imported
      const dot = compact.lastIndexOf('.')

      expect(key.sign?.(compact.slice(0, dot))).toBe(compact.slice(dot + 1))
    })

    it('holds no token: detached, unencoded, in JSON or with other payloads', async () => {
      const keys = vectors.cookbook.flatMap(({ alg, publicJwk }) =>
        typeof alg === 'string' && publicJwk !== undefined && !Array.isArray(publicJwk)
          ? [jwtKeyOf(publicJwk, alg)]
          : [],
      )
      const imported = await Promise.all(keys.map(tryImport))
      const usable = keys.filter((_, at) => !(imported[at] instanceof KeyProblem))
      const services = await Promise.all(usable.map((key) => serviceWith([key])))

      const wrong = services.map((tokens) => wrongOnes(texts, ({ text }) => wrongAnswer(tokens, text)))
      expect((await Promise.all(wrong)).flat()).toEqual([])
    })

    it('has keys that we import, and secrets that are well-known by now', async () => {
      const keys = vectors.cookbook.flatMap(({ id, jwk }) => (jwk === undefined ? [] : [{ id, jwk }]))
      const algorithms: Record<string, string> = { EC: 'ES512', RSA: 'RS256', oct: 'HS256' }
      const imported = await Promise.all(
        keys.map(async ({ id, jwk }) => [id, await tryImport(jwtKeyOf(jwk, jwk.alg ?? algorithms[jwk.kty]))]),
      )
      const refusals = imported.filter(([, key]) => key instanceof KeyProblem).map(([id]) => id)
      expect(refusals).toEqual(['ck-3_5.symmetric_key_mac_computation', 'ck-3_6.symmetric_key_encryption'])
    })
  })

  describe('JSON texts', () => {
    const objects = vectors.json.filter(
      ({ b64url, json }) =>
        json !== 'invalid' && /^\s*\{/.test(Buffer.from(b64url, 'base64url').toString('latin1')),
    )

    it('are taken where they are an object that names nothing twice, and nowhere else', () => {
      const taken = vectors.json.filter(({ b64url }) => parseStrictObject(Buffer.from(b64url, 'base64url')))
      expect(taken.map(({ name }) => name)).toEqual(
        objects.map(({ name }) => name).filter((name) => !isRepeated(name)),
      )
      expect(objects.some(({ name }) => isRepeated(name))).toBe(true)
    })

    it('are refused as claims and as header, signed well', async () => {
      const tokens = await serviceWith([])
      const { header, claims } = readToken(await tokens.issueAccessToken('ida'))
      const texts = vectors.json.map(({ b64url }) => Buffer.from(b64url, 'base64url'))
      const forged = texts.flatMap((text) => [signBytes(header, text), signBytes(text, claims)])

      expect(await wrongOnes(forged, (token) => wrongAnswer(tokens, token))).toEqual([])
    })
  })

  describe.each(adapters)('on $name', (adapter) => {
    let app: RunningApp

    beforeAll(async () => {
      const imports = [JwtAuthModule.forRoot({ keys: [ownKey] })]
      const clock = new FakeClock(new Date('2030-01-01T00:00:00Z'))
      app = await startApp(adapter, { imports, controllers: [MeController] }, { clock })
    })

    const unanswered = async (token: string) => {
      const { status } = await app.get('/me', token)
      return status === 401 ? undefined : String(status)
    }

    it('a JWE is a plain 401', async () => {
      expect(await wrongOnes(vectors.jwe, ({ token }) => unanswered(token))).toEqual([])
    })

    it('a JSON text in a token is a plain 401', async () => {
      const { header, claims } = readToken(await app.tokens.issueAccessToken('ida'))
      for (const { b64url } of vectors.json) {
        const text = Buffer.from(b64url, 'base64url')
        expect(await unanswered(signBytes(header, text))).toBeUndefined()
        expect(await unanswered(signBytes(text, claims))).toBeUndefined()
      }
    })
  })
})
