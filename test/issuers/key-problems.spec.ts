import { generateKeyPairSync } from 'node:crypto'
import { describe, expect, it } from '@jest/globals'
import { findKeyProblems } from '../../packages/core/src/issuers/find-key-problems.js'
import type { IssuerOptions } from '../../packages/core/src/issuers/issuer-options.js'
import { ISSUER, newKey } from './issuer-stub.js'

async function problemsOf(options: object): Promise<string[]> {
  const base = { issuer: ISSUER, audience: 'api', algorithms: ['ES256'] }
  const problems = await findKeyProblems({ ...base, ...options } as IssuerOptions)
  return problems.map(({ path, problem, fix }) => {
    for (const text of [problem, fix]) expect(text).toMatch(/^[A-Z\d].{9}/)
    return `${path}: ${problem}. ${fix}.`
  })
}

const { jwk, privateKey } = newKey('a')

describe('where keys come from', () => {
  it.each<[string, object]>([
    ['discovery', {}],
    ['discovery of a list', { issuer: ['issuer.example', ISSUER] }],
    ['discovery with undefined members', { jwksUrl: undefined, keys: undefined, discovery: undefined }],
    ['discovery at an address', { issuer: 'issuer', discovery: 'https://issuer.example/meta?v=1' }],
    ['an address', { issuer: 'issuer', jwksUrl: 'https://issuer.example:8443/keys?v=1' }],
    ['plain http on localhost', { jwksUrl: 'http://localhost:3000/keys' }],
    ['plain http on 127.0.0.1', { jwksUrl: 'http://127.0.0.1:3000/keys' }],
    ['plain http on another loopback address', { jwksUrl: 'http://127.8.9.1/keys' }],
    ['plain http on a loopback address of long numbers', { jwksUrl: 'http://127.18.190.251/keys' }],
    ['plain http on [::1]', { jwksUrl: 'http://[::1]:3000/keys' }],
    ['an issuer on this machine', { issuer: 'http://localhost:3000' }],
    ['fixed keys', { issuer: 'issuer', keys: { keys: [jwk] } }],
    ['fixed keys, one of them for something else', { keys: { keys: [jwk, { ...jwk, use: 'enc' }] } }],
  ])('may be %s', async (_, options) => {
    expect(await problemsOf(options)).toEqual([])
  })

  it.each([
    'http://issuer.example/keys',
    'http://127.0.0.1.issuer.example/keys',
    'http://localhost.issuer.example/keys',
    'http://2130706433.issuer.example/',
    'http://10.0.0.1/keys',
    'http://0.0.0.0/keys',
    'ftp://localhost/keys',
    'file:///keys',
    'javascript:1',
  ])('is not %s', async (address) => {
    for (const name of ['jwksUrl', 'discovery']) {
      expect(await problemsOf({ [name]: address })).toEqual([
        `${name}: The URL does not begin with https://, so an attacker in the network could replace the keys. ` +
          'Use the https URL; http is allowed for localhost, 127.0.0.1 and [::1] only.',
      ])
    }
  })

  it.each<[unknown, RegExp]>([
    ['issuer.example/keys', /^jwksUrl: The value is not a URL\./],
    ['', /^jwksUrl: The value is not a URL\./],
    [7, /^jwksUrl: The value is not a URL\./],
    [['https://issuer.example/keys'], /^jwksUrl: The value is not a URL\./],
    ['https://user@issuer.example/keys', /^jwksUrl: The URL contains a user name or a password\./],
    ['https://:secret@issuer.example/keys', /^jwksUrl: The URL contains a user name or a password\./],
    ['https://user:secret@issuer.example/keys', /^jwksUrl: The URL contains a user name or a password\./],
    ['https://issuer.example/keys#a', /^jwksUrl: The URL has a fragment\./],
  ])('is not %j', async (jwksUrl, problem) => {
    const [found = '', ...more] = await problemsOf({ jwksUrl })

    expect(found).toMatch(problem)
    expect(found).not.toContain('secret')
    expect(more).toEqual([])
  })

  it.each(['issuer', 'http://issuer.example', 'https://issuer.example?a=1', 'https://issuer.example#a'])(
    'is not discovery below %s',
    async (issuer) => {
      expect(await problemsOf({ issuer })).toEqual([
        expect.stringMatching(/^issuer: .* Write an https URL, or set jwksUrl/),
      ])
    },
  )

  it('is only one', async () => {
    const both = { jwksUrl: 'https://issuer.example/keys', discovery: true }

    expect(await problemsOf(both)).toEqual([
      'jwksUrl: The options jwksUrl and discovery are set at the same time. Set exactly one of them.',
    ])
  })

  it.each<[string, unknown, RegExp]>([
    ['private', { keys: [privateKey.export({ format: 'jwk' })] }, /secret or private key/],
    ['secret', { keys: [{ kty: 'oct', k: 'A'.repeat(64) }] }, /secret or private key/],
    [
      'for other algorithms',
      { keys: [generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })] },
      /No key is for one of the algorithms ES256/,
    ],
    ['none', { keys: [] }, /No key is for one of the algorithms ES256/],
    ['twins', { keys: [jwk, newKey('a').jwk] }, /Several have the same kid/],
    ['broken twice', { keys: [null, 7] }, /: Key 1 .* Key 2 .* No key is for/],
    ['numbers', { a: 7 }, /The value is not a JWK Set/],
    ['no set', { kid: 'a' }, /The value is not a JWK Set/],
    ['one key', jwk, /The value is not a JWK Set/],
    ['no JSON', { keys: [1n] }, /The value is not a JWK Set/],
    ['text', 'keys', /The value is not a JWK Set/],
  ])('is not fixed keys that are %s', async (_, keys, problem) => {
    const problems = await problemsOf({ keys })

    expect(problems).toEqual([expect.stringMatching(/^keys: /)])
    expect(problems[0]).toMatch(problem)
    expect(problems[0]).not.toContain(privateKey.export({ format: 'jwk' }).d)
  })

  it.each(['HS256', 'HS384', 'HS512'])('is no reason to accept %s', async (algorithm) => {
    expect(await problemsOf({ algorithms: ['ES256', algorithm] })).toEqual([
      expect.stringMatching(/^algorithms: HS256, HS384 and HS512 sign with a secret/),
    ])
  })
})
