import { createPublicKey } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { adapters } from '../support/adapters.js'
import { forgeToken } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { startForeignApp } from './app-of-issuers.js'
import { API, newSigningKey, OidcIssuer, signRs256 } from './oidc-issuer.js'

const UNKNOWN = '401 token_signature_invalid'
const DOWN = '503 keys_unavailable'

describe.each(adapters)('tokens of an OpenID provider ($name)', (adapter) => {
  it('are accepted once its keys have been discovered, by one fetch', async () => {
    const issuer = await OidcIssuer.start()
    const { app, ask } = await startForeignApp([{ issuer: issuer.url }], { adapter })
    const tokens = [await issuer.token(), await issuer.token({ scope: 'read write' })]
    expect(issuer.fetches).toEqual([])

    const answers = await Promise.all(Array.from({ length: 50 }, () => app.get('/claims', tokens[0])))

    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]))
    expect(answers[0]?.body).toMatchObject({ iss: issuer.url, aud: API, sub: 'machine', scope: 'read' })
    expect(issuer.fetches).toEqual(['/.well-known/openid-configuration', '/jwks'])
    expect(await ask(tokens[0] ?? '', '/write')).toBe('403 insufficient_scope')
    expect(await ask(tokens[1] ?? '', '/write')).toBe('200')
  })

  it('for another API are refused', async () => {
    const issuer = await OidcIssuer.start()
    const { ask } = await startForeignApp([{ issuer: issuer.url }], { adapter })

    expect(await ask(await issuer.token({ audience: 'https://other.example' }))).toBe(
      '401 token_claims_invalid',
    )
  })
})

describe('an issuer that rotates its keys', () => {
  it('is asked for the new one, and its old tokens pass while it lists their key', async () => {
    const issuer = await OidcIssuer.start()
    const { ask, clock } = await startForeignApp([{ issuer: issuer.url }])
    const old = await issuer.token()
    expect(await ask(old)).toBe('200')

    await issuer.rotate('second', { keep: true })
    const fresh = await issuer.token()
    clock.advance('30s')
    expect(await ask(fresh)).toBe('200')
    expect(await ask(old)).toBe('200')
    expect(issuer.fetches.filter((path) => path === '/jwks')).toHaveLength(2)
  })

  it('ends all tokens of a key that it has withdrawn, remembered ones too', async () => {
    const issuer = await OidcIssuer.start()
    const { ask, clock } = await startForeignApp([{ issuer: issuer.url }])
    const old = await issuer.token()
    expect([await ask(old), await ask(old)]).toEqual(['200', '200'])

    await issuer.rotate('second', { keep: false })
    clock.advance('30s')
    expect(await ask(await issuer.token())).toBe('200')

    expect(await ask(old)).toBe(UNKNOWN)
  })
})

describe('an issuer that is down', () => {
  it('before its keys are known: 503, and 200 once it is up', async () => {
    const issuer = await OidcIssuer.start()
    const { app, ask, clock } = await startForeignApp([{ issuer: issuer.url }])
    const token = await issuer.token()
    await issuer.stop()

    const answer = await app.get('/claims', token)
    expect(answer).toMatchObject({ status: 503, body: { errorCode: 'keys_unavailable' } })
    expect(answer.headers).toMatchObject({ 'retry-after': '1' })

    await issuer.resume()
    expect(await ask(token)).toBe(DOWN)
    clock.advance('30s')
    expect(await ask(token)).toBe('200')
  })

  it('afterwards: known keys verify for a day, unknown ones are 503, and all is well when it comes back', async () => {
    const issuer = await OidcIssuer.start()
    const { ask, clock } = await startForeignApp([{ issuer: issuer.url }])
    const [known, unknown] = [issuer.sign(), issuer.sign({ header: { kid: 'unknown' } })]
    expect(await ask(known)).toBe('200')
    expect(await ask(unknown)).toBe(UNKNOWN)
    logs.clear()
    await issuer.stop()

    for (let hours = 1; hours < 24; hours++) {
      clock.advance('1h')
      expect(await ask(known)).toBe('200')
      expect(await ask(unknown)).toBe(DOWN)
    }
    clock.advance('2h')
    expect(await ask(known)).toBe(DOWN)
    expect(logs.lines.filter(({ text }) => text.includes(issuer.url))).toEqual([
      {
        level: 'warn',
        text: expect.stringContaining('could not be fetched: no metadata was found (the request failed ('),
      },
    ])

    await issuer.resume()
    clock.advance('30s')
    expect(await ask(known)).toBe('200')
    expect(await ask(unknown)).toBe(UNKNOWN)
    expect(logs.text('log')).toContain('can be fetched again')
  })
})

describe('hostile tokens', () => {
  it('with 10,000 random kids cause one fetch in 30 seconds', async () => {
    const issuer = await OidcIssuer.start()
    const { app, ask, clock } = await startForeignApp([{ issuer: issuer.url }])
    expect(await ask(issuer.sign())).toBe('200')
    clock.advance('30s')

    const codes = new Set<string>()
    const claims = { iss: issuer.url, sub: 'ida', aud: API, exp: 4e9 }
    for (let at = 0; at < 10_000; at++) {
      const token = forgeToken({ alg: 'RS256', typ: 'at+jwt', kid: `random-${at}` }, claims)
      const error: unknown = await app.tokens.verify(token).catch((error: unknown) => error)
      codes.add((error as { errorCode: string }).errorCode)
    }

    expect(codes).toEqual(new Set(['token_signature_invalid']))
    expect(issuer.fetches).toHaveLength(4)
  })

  it('never reach the issuer while it cannot be theirs', async () => {
    const issuer = await OidcIssuer.start()
    const { ask } = await startForeignApp([{ issuer: issuer.url }])
    const hopeless = [
      { alg: 'none' },
      { alg: 'HS256' },
      { alg: 'ES256' },
      { kid: '' },
      { kid: 'k'.repeat(256) },
      { crit: ['exp'] },
    ]

    for (const header of hopeless) expect(await ask(issuer.sign({ header }))).toMatch(/^401 /)
    expect(await ask(issuer.sign({ claims: { iss: 'https://nobody.example' } }))).toBe(UNKNOWN)

    expect(issuer.fetches).toEqual([])
  })

  it.each(['__proto__', 'constructor', '../../../etc/passwd', "' or 1=1 --", 'https://evil.example/keys'])(
    'may name the kid %s in vain',
    async (kid) => {
      const issuer = await OidcIssuer.start()
      const { ask } = await startForeignApp([{ issuer: issuer.url }])

      expect(await ask(issuer.sign({ header: { kid } }))).toBe(UNKNOWN)
    },
  )

  it('that bring their own keys or addresses of keys are refused, and nothing is fetched from there', async () => {
    const issuer = await OidcIssuer.start()
    const evil = await OidcIssuer.start()
    const { ask } = await startForeignApp([{ issuer: issuer.url }])
    const { privateKey } = newSigningKey('evil')
    const jwk = createPublicKey(privateKey).export({ format: 'jwk' })
    const claims = { iss: issuer.url, sub: 'ida', aud: API, exp: 4e9 }
    for (const header of [{ jwk }, { jku: `${evil.url}/jwks` }, { x5u: `${evil.url}/jwks` }]) {
      const token = signRs256({ alg: 'RS256', typ: 'at+jwt', kid: 'first', ...header }, claims, privateKey)
      expect(await ask(token)).toMatch(/^401 token_(signature_invalid|malformed)$/)
    }

    expect(evil.fetches).toEqual([])
  })
})

describe('two issuers', () => {
  it('each verify their own tokens only', async () => {
    const [a, b] = [await OidcIssuer.start(), await OidcIssuer.start()]
    const { ask } = await startForeignApp([{ issuer: a.url }, { issuer: b.url }])

    expect(await ask(a.sign())).toBe('200')
    expect(await ask(b.sign())).toBe('200')
    // Both keys have the kid "first".
    expect(await ask(a.sign({ claims: { iss: b.url } }))).toBe(UNKNOWN)
    expect(await ask(b.sign({ claims: { iss: a.url } }))).toBe(UNKNOWN)
  })

  it('do not look for a kid at each other', async () => {
    const [a, b] = [await OidcIssuer.start(), await OidcIssuer.start()]
    await b.rotate('only-b', { keep: false })
    const { ask } = await startForeignApp([{ issuer: a.url }, { issuer: b.url }])

    expect(await ask(b.sign({ claims: { iss: a.url } }))).toBe(UNKNOWN)
    expect(b.fetches).toEqual([])
    expect(await ask(b.sign())).toBe('200')
  })

  it('have an outage and a budget each', async () => {
    const [a, b] = [await OidcIssuer.start(), await OidcIssuer.start()]
    const { ask } = await startForeignApp([{ issuer: a.url }, { issuer: b.url }])
    await a.stop()

    expect(await ask(a.sign())).toBe(DOWN)
    expect(await ask(b.sign())).toBe('200')
    expect(await ask(b.sign({ header: { kid: 'unknown' } }))).toBe(UNKNOWN)
  })
})

describe('an app that is closed', () => {
  it('asks the issuer no more', async () => {
    const issuer = await OidcIssuer.start()
    const { app, ask, clock } = await startForeignApp([{ issuer: issuer.url }])
    expect(await ask(issuer.sign())).toBe('200')

    await app.nest.close()
    clock.advance('1d')
    await new Promise(setImmediate)

    expect(issuer.fetches).toHaveLength(2)
  })
})

describe('an app that has closed', () => {
  it('fetches no keys any more', async () => {
    const issuer = await OidcIssuer.start()
    let fetches = 0
    const counted: typeof fetch = (...args) => {
      fetches++
      return fetch(...args)
    }
    const { app, ask, clock } = await startForeignApp([{ issuer: issuer.url, fetch: counted }])
    const token = await issuer.token()
    expect(await ask(token)).toBe('200')
    await app.nest.close()
    fetches = 0
    clock.advance('2d')
    await expect(app.tokens.verify(issuer.sign())).rejects.toMatchObject({ errorCode: 'keys_unavailable' })
    expect(fetches).toBe(0)
  })
})
