import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { inspect } from 'node:util'
import { beforeEach, describe, expect, it, jest } from '@jest/globals'
import {
  JwtAuthConfigError,
  JwtAuthModule,
  type ConfigProblem,
  type JwtKey,
  type OutsideSigner,
} from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { keyPairs, kms } from './key-pairs.js'

type Options = Parameters<typeof JwtAuthModule.forRoot>[0]

const { privateKey, publicKey } = keyPairs.ES256
const other = generateKeyPairSync('ec', { namedCurve: 'P-256' })

async function problemsOf(options: Options): Promise<readonly ConfigProblem[]> {
  const started = startModule({ imports: [JwtAuthModule.forRoot(options)] })
  const error = await started.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof JwtAuthConfigError)) throw new Error('It started.', { cause: error })
  return error.problems
}

const withSigner = (signer: unknown): Options => ({
  keys: [{ algorithm: 'ES256', publicKey, sign: signer } as JwtKey],
})

const answering = (answer: unknown) => withSigner(() => Promise.resolve(answer))
const canary = 'canary-5f1c'

beforeEach(() => logs.clear())

describe('a signer that cannot be used', () => {
  it.each<[what: string, options: Options, words: string]>([
    ['signs with another key', withSigner(kms('ES256', other)), 'does not match the public key'],
    [
      'hashes the digest again',
      withSigner((_: unknown, { digest }: { digest: Uint8Array }) =>
        Promise.resolve(sign('sha256', digest, privateKey)),
      ),
      'does not match the public key',
    ],
    ['returns zeros', answering(new Uint8Array(64)), 'does not match the public key'],
    ['returns noise', answering(randomBytes(64)), 'does not match the public key'],
    ['returns nothing', answering(new Uint8Array()), 'returned 0 bytes'],
    ['returns too much', answering(new Uint8Array(1_000_000)), 'returned 1000000 bytes'],
    ['returns undefined', answering(undefined), 'other than a Uint8Array'],
    ['returns a string', answering(canary), 'other than a Uint8Array'],
    ['returns an array', answering([1, 2, 3]), 'other than a Uint8Array'],
    ['returns an ArrayBuffer', answering(new ArrayBuffer(64)), 'other than a Uint8Array'],
    [
      'returns what a KMS client returns',
      answering({ Signature: randomBytes(64) }),
      'other than a Uint8Array',
    ],
    ['rejects', withSigner(() => Promise.reject(new RangeError(canary))), 'threw RangeError'],
    [
      'throws',
      withSigner(() => {
        throw new RangeError(canary)
      }),
      'threw RangeError',
    ],
    ['rejects with a string', withSigner(() => Promise.reject(canary)), 'threw a value that is not an Error'],
    [
      'rejects with nothing',
      withSigner(() => Promise.reject(undefined)),
      'threw a value that is not an Error',
    ],
    ['is no function', withSigner('arn:aws:kms:…'), 'must be a function'],
  ])('because it %s does not boot, in words', async (_, options, words) => {
    const [problem, ...more] = await problemsOf(options)

    expect(more).toEqual([])
    expect(problem?.path).toBe('keys[0].sign')
    expect(problem?.problem).toContain(words)
    expect(problem?.fix).not.toBe('')
    expect(inspect(problem)).not.toContain(canary)
  })

  it('names the error and logs it with its stack', async () => {
    await problemsOf(withSigner(() => Promise.reject(new RangeError('AccessDenied'))))

    const errors = logs.lines.filter(({ level }) => level === 'error')
    expect(errors).toHaveLength(1)
    expect(errors[0]?.text).toMatch(/The signer of the key ".{43}" is unavailable\.[^]*AccessDenied[^]* at /)
  })

  it('does not wait for ever', async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] })
    try {
      const signals: AbortSignal[] = []
      const asked = new Promise<void>((resolve) => {
        const silent: OutsideSigner = (_, { signal }) => {
          signals.push(signal)
          resolve()
          return new Promise(() => {})
        }
        void problems.push(problemsOf(withSigner(silent)))
      })
      await asked
      jest.advanceTimersByTime(5000)

      expect(await problems[0]).toMatchObject([
        { path: 'keys[0].sign', problem: 'The function did not answer within 5 seconds' },
      ])
      expect(signals.map(({ aborted }) => aborted)).toEqual([true])
    } finally {
      jest.useRealTimers()
    }
  })
  const problems: Promise<readonly ConfigProblem[]>[] = []

  it('is found wherever it is in the list', async () => {
    const keys: JwtKey[] = [
      { algorithm: 'HS256', secret: SECRET },
      { algorithm: 'ES256', publicKey, sign: kms('ES256', other) },
    ]
    expect((await problemsOf({ keys })).map(({ path }) => path)).toEqual(['keys[1].sign'])
  })
})

describe('a key that contradicts itself', () => {
  const signer = kms('ES256')

  it.each<[what: string, key: object, path: string, words: string]>([
    ['privateKey and sign', { algorithm: 'ES256', privateKey, sign: signer }, 'keys[0].sign', 'privateKey'],
    ['secret and sign', { algorithm: 'HS256', secret: SECRET, sign: signer }, 'keys[0].sign', 'secret'],
    ['sign alone', { algorithm: 'ES256', sign: signer }, 'keys[0]', 'no key material'],
    [
      'HS256 and sign',
      { algorithm: 'HS256', publicKey, sign: signer },
      'keys[0].publicKey',
      'needs a secret',
    ],
    [
      'a private key as publicKey',
      { algorithm: 'ES256', publicKey: privateKey, sign: signer },
      'keys[0].publicKey',
      '',
    ],
    [
      'a curve that does not fit',
      { algorithm: 'ES384', publicKey, sign: signer },
      'keys[0].publicKey',
      'ES384',
    ],
  ])('%s does not boot', async (_, key, path, words) => {
    const problems = await problemsOf({ keys: [key as JwtKey] })

    expect(problems.map((problem) => problem.path)).toEqual([path])
    expect(problems[0]?.problem).toContain(words)
  })

  it('a double submit has nothing to derive its secret from', async () => {
    const options = { ...withSigner(signer), locations: ['cookie'], csrf: { doubleSubmit: true } } as const
    const [problem] = await problemsOf(options)

    expect(problem).toMatchObject({
      path: 'csrf.secret',
      problem: expect.stringContaining('signs outside this process'),
      fix: expect.stringContaining('Generate one'),
    })
  })

  it('a later key in memory is none to derive it from either', async () => {
    const { keys = [] } = withSigner(signer)
    const options: Options = {
      keys: [...keys, { algorithm: 'HS256', secret: SECRET }],
      locations: ['cookie'],
      csrf: { doubleSubmit: true },
    }
    expect((await problemsOf(options)).map(({ path }) => path)).toEqual(['csrf.secret'])
  })
})
