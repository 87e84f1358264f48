import { beforeAll, describe, expect, it } from '@jest/globals'
import { adapters, type RunningApp } from '../support/adapters.js'
import { issue, found, malformed, missing, posted, startLocating, withHeader } from '../support/locations.js'

describe.each(adapters)('the Authorization header on $name', (adapter) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    app = await startLocating(adapter)
    token = await issue(app)
  })

  it.each(['Bearer', 'bearer', 'BEARER', 'bEaReR'])('takes the scheme as %s', async (scheme) => {
    expect(await app.send(withHeader('Authorization', `${scheme} ${token}`))).toMatchObject(found)
  })

  it.each(['Bearer   ', 'bearer   '])('takes any number of spaces after the scheme: "%s"', async (start) => {
    expect(await app.send(withHeader('Authorization', start + token))).toMatchObject(found)
  })

  it('calls a good token after something else than spaces malformed', async () => {
    for (const start of ['Bearer, ', 'Bearer="" ', 'Bearer\t'])
      expect(await app.send(withHeader('Authorization', start + token))).toMatchObject(malformed)
  })

  it.each(['Basic dXNlcjpwYXNz', 'JWT abc', 'Bearers abc', 'Digest a="b"'])(
    'takes the other scheme of "%s" for absence',
    async (value) => {
      expect(await app.send(withHeader('Authorization', value))).toMatchObject(missing)
    },
  )

  it.each(['Bearer', 'bearer', 'Bearer ', 'Bearer a,b', 'Bearer a, Bearer b', 'Bearer a b'])(
    'calls "%s" malformed',
    async (value) => {
      expect(await app.send(withHeader('Authorization', value))).toMatchObject(malformed)
    },
  )

  it('calls a good token in a comma list malformed', async () => {
    expect(await app.send(withHeader('Authorization', `Bearer ${token}, Bearer ${token}`))).toMatchObject(
      malformed,
    )
    expect(await app.send(withHeader('Authorization', `Bearer ${token},`))).toMatchObject(malformed)
    expect(await app.send(withHeader('Authorization', `Bearer ${token}, Basic abc`))).toMatchObject(malformed)
  })

  it('calls two headers malformed, whatever they carry', async () => {
    const good = `Bearer ${token}`

    expect(await app.send(withHeader('Authorization', good, good))).toMatchObject(malformed)
    expect(await app.send(withHeader('Authorization', 'Basic abc', good))).toMatchObject(malformed)
    expect(await app.send(withHeader('Authorization', good, 'Basic abc'))).toMatchObject(malformed)
    expect(await app.send(withHeader('Authorization', '', good))).toMatchObject(malformed)
    expect(await app.send(withHeader('Authorization', good, ''))).toMatchObject(malformed)
    expect(await app.send(withHeader('Authorization', '', ''))).toMatchObject(malformed)
  })

  it('calls two headers malformed where a token is optional, too', async () => {
    const good = `Bearer ${token}`
    const twice = { ...withHeader('Authorization', good, good), path: '/me/optional' }

    expect(await app.send(twice)).toMatchObject(malformed)
  })

  it('looks nowhere else', async () => {
    expect(await app.get(`/me?access_token=${token}`)).toMatchObject(missing)
    expect(await app.send(posted({ access_token: token }))).toMatchObject(missing)
    expect(
      await app.send({ path: '/me', headers: [['Cookie', `__Host-access_token=${token}`]] }),
    ).toMatchObject(missing)
  })
})
