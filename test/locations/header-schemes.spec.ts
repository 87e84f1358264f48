import { beforeAll, describe, expect, it } from '@jest/globals'
import { adapters, type RunningApp } from '../support/adapters.js'
import { breakSignature } from '../support/forge.js'
import {
  found,
  issue,
  malformed,
  missing,
  startLocating,
  withHeader,
  type Locations,
} from '../support/locations.js'
import { challengeOf, refused } from '../support/refusals.js'

describe.each(adapters)('several schemes in one header on $name', (adapter) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    app = await startLocating(adapter, [
      { header: 'authorization', scheme: 'JWT' },
      'header',
      { header: 'X-Legacy', scheme: 'Token' },
      { header: 'X-Bare' },
    ])
    token = await issue(app)
  })

  it.each(['JWT', 'jwt', 'Bearer', 'bearer', 'BEARER'])(
    'are each taken, without case: %s',
    async (scheme) => {
      expect(await app.send(withHeader('Authorization', `${scheme} ${token}`))).toMatchObject(found)
    },
  )

  it('may belong to a header of another name, which has no case either', async () => {
    expect(await app.send(withHeader('x-legacy', `Token ${token}`))).toMatchObject(found)
    expect(await app.send(withHeader('X-LEGACY', `TOKEN ${token}`))).toMatchObject(found)
    expect(await app.send(withHeader('X-Legacy', `Bearer ${token}`))).toMatchObject(missing)
    expect(await app.send(withHeader('X-Legacy', token))).toMatchObject(missing)
  })

  it('are the usual one in the usual header, however that is configured', async () => {
    const usual = await startLocating(adapter, [{ header: 'Authorization' }])
    const own = await issue(usual)

    expect(await usual.send(withHeader('Authorization', `Bearer ${own}`))).toMatchObject(found)
    expect(await usual.send(withHeader('Authorization', own))).toMatchObject(missing)
  })

  it('are not expected in a header of another name that says nothing of one', async () => {
    expect(await app.send(withHeader('x-bare', token))).toMatchObject(found)
    expect(await app.send(withHeader('x-bare', `Bearer ${token}`))).toMatchObject(malformed)
    expect(await app.send(withHeader('x-bare', ''))).toMatchObject(missing)
  })

  it.each(['Basic dXNlcjpwYXNz', 'Digest a="b"', 'Bearers x', 'JWTs x', 'Token x'])(
    'take "%s" for absence',
    async (value) => {
      expect(await app.send(withHeader('Authorization', value))).toMatchObject(missing)
    },
  )

  it.each(['JWT', 'Bearer', 'JWT ', 'Bearer one two', 'JWT one, Bearer two'])(
    'take "%s" for a malformed token',
    async (value) => {
      expect(await app.send(withHeader('Authorization', value))).toMatchObject(malformed)
    },
  )

  it('are never looked for further back in a list', async () => {
    expect(await app.send(withHeader('Authorization', `Basic abc, Bearer ${token}`))).toMatchObject(missing)
  })

  it('do not hide a bad token behind a good one elsewhere', async () => {
    const headers: [string, string][] = [
      ['Authorization', `JWT ${breakSignature(token)}`],
      ['X-Bare', token],
    ]

    expect(await app.send({ path: '/me', headers })).toMatchObject(refused(401, 'token_signature_invalid'))
  })

  it.each<[string, Locations]>([
    ['JWT', [{ header: 'authorization', scheme: 'JWT' }, 'header']],
    ['Bearer', ['header', { header: 'X-Legacy', scheme: 'Token' }]],
    ['Token', [{ header: 'X-Bare' }, { header: 'X-Legacy', scheme: 'Token' }]],
    ['Token', [{ query: 'token' }, { header: 'X-Legacy', scheme: 'Token' }]],
    ['Bearer', [{ header: 'X-Bare', scheme: null }]],
  ])('are challenged for by the first location that has one: %s', async (scheme, locations) => {
    const located = await startLocating(adapter, locations)

    expect(challengeOf(await located.get('/me'))?.scheme).toBe(scheme)
  })
})

describe.each(adapters)('other headers on $name', (adapter) => {
  it('may carry the bare token', async () => {
    const app = await startLocating(adapter, [{ header: 'X-Token', scheme: null }])
    const token = await issue(app)

    expect(await app.send(withHeader('x-token', token))).toMatchObject(found)
    expect(await app.send(withHeader('x-token', token, token))).toMatchObject(malformed)
    expect(await app.send(withHeader('x-token', `${token},${token}`))).toMatchObject(malformed)
    expect(await app.get('/me', token)).toMatchObject(missing)
  })

  it('may carry it under a scheme of its own, which the challenge names', async () => {
    const app = await startLocating(adapter, [{ header: 'authorization', scheme: 'JWT' }])
    const token = await issue(app)

    expect(await app.send(withHeader('Authorization', `JWT ${token}`))).toMatchObject(found)
    expect(await app.send(withHeader('Authorization', `jwt ${token}`))).toMatchObject(found)
    expect(await app.send(withHeader('Authorization', 'JWT'))).toMatchObject(malformed)
    const answer = await app.send(withHeader('Authorization', `Bearer ${token}`))
    expect(answer).toMatchObject(missing)
    expect(challengeOf(answer)?.scheme).toBe('JWT')
  })
})
