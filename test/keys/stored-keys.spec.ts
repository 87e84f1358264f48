import { createPrivateKey, randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, type KeyDocument, OpenConnections } from '@nest-jwt-auth/core'
import { readRecords, writeRecords } from '../../packages/core/src/keys/rotation/key-record.js'
import { logs } from '../support/logs.js'
import { DAY, kidOf, settled, START, startInstance, suspend, TestKeyStore, WRAP } from './fleet.js'

const secret = () => randomBytes(48).toString('base64url')
const OTHER = { id: '2031', secret: secret() }

afterEach(() => logs.clear())

interface Stored {
  keys: Record<string, unknown>[]
}

/** Changes what is stored, as somebody could who can write to the database. */
async function tamper(store: TestKeyStore, change: (stored: Stored) => void): Promise<void> {
  const document = (await store.read()) as KeyDocument
  const stored = JSON.parse(document.data) as Stored
  change(stored)
  const next = { version: document.version + 1, data: JSON.stringify(stored) }
  await store.replace({ document: next, replaces: document.version })
}

async function withTwoKeys() {
  const store = new TestKeyStore()
  const instance = await startInstance(store)
  const old = await instance.tokens.issueAccessToken('ada')
  await instance.keys.rotate({ immediately: true })
  await instance.keys.rotate()
  return { store, instance, old }
}

describe('stored keys', () => {
  it.each(['ES256', 'ES512', 'RS256', 'PS512', 'EdDSA', 'Ed25519', 'HS256', 'HS512'] as const)(
    'of %s are encrypted, and good for another instance',
    async (algorithm) => {
      const store = new TestKeyStore()
      const { tokens } = await startInstance(store, { rotation: { algorithm } })
      const token = await tokens.issueAccessToken('ada')
      const { data = '' } = (await store.read()) ?? {}

      expect(data).toContain(kidOf(token))
      const stored = (JSON.parse(data) as Stored).keys[0]
      const bytes = Buffer.from(String(stored?.['sealed']), 'base64url')
      expect(() => createPrivateKey({ key: bytes, format: 'der', type: 'pkcs8' })).toThrow()
      expect(data).not.toContain('"d"')
      const other = await startInstance(store, { rotation: { algorithm } })
      await other.tokens.verify(token)
      expect(kidOf(await other.tokens.issueAccessToken('ada'))).toBe(kidOf(token))
      expect(tokens.publicKeys().keys).toHaveLength(algorithm.startsWith('HS') ? 0 : 1)
    },
  )

  it('do not show in what KeyService tells, nor do the secrets in the settings', async () => {
    const { instance } = await withTwoKeys()
    const told = JSON.stringify(await instance.keys.list()) + logs.text()
    expect(told).not.toMatch(/sealed|"d":|PRIVATE/)
    expect(told).not.toContain(WRAP[0]?.secret)
  })

  const CHANGES: Record<string, (stored: Stored) => void> = {
    'another kid': ({ keys }) => (keys[0]!['kid'] = 'mine'),
    'a later end': ({ keys }) => (keys[1]!['signsUntil'] = START + 1000 * DAY),
    'an earlier begin': ({ keys }) => (keys[2]!['signsFrom'] = START),
    'another algorithm': ({ keys }) => (keys[0]!['algorithm'] = 'ES384'),
    'a longer access lifetime': ({ keys }) => (keys[0]!['accessLifetime'] = 1000 * DAY),
    'a longer refresh lifetime': ({ keys }) => (keys[0]!['refreshLifetime'] = 1000 * DAY),
    'another date of creation': ({ keys }) => (keys[0]!['createdAt'] = START - DAY),
    urgency: ({ keys }) => (keys[2]!['isUrgent'] = true),
    'the ciphertext of another key': ({ keys }) => {
      const [a, b] = [keys[0]!['sealed'], keys[1]!['sealed']]
      Object.assign(keys[0]!, { sealed: b })
      Object.assign(keys[1]!, { sealed: a })
    },
    'a changed ciphertext': ({ keys }) => {
      const bytes = Buffer.from(String(keys[1]!['sealed']), 'base64url')
      bytes[20]! ^= 1
      keys[1]!['sealed'] = bytes.toString('base64url')
    },
    'a short ciphertext': ({ keys }) => (keys[1]!['sealed'] = 'AAAA'),
    'another wrap id': ({ keys }) => (keys[1]!['wrap'] = '2031'),
    'the same key twice': ({ keys }) => void keys.push({ ...keys[0]!, signsFrom: START + 5 }),
  }

  it.each(Object.entries(CHANGES))(
    'with %s are refused with an error, and never sign',
    async (name, change) => {
      const { store, instance, old } = await withTwoKeys()
      const { tokens, clock } = instance
      const signing = kidOf(await tokens.issueAccessToken('ada'))
      await tamper(store, change)

      await expect(startInstance(store)).rejects.toThrow(JwtAuthConfigError)
      logs.clear()
      clock.advance('25s')
      await settled([instance])
      expect(logs.text('error')).toMatch(/^(keyStore|keyRotation\.wrap): /)
      expect(kidOf(await tokens.issueAccessToken('ada'))).toBe(signing)
      // Its kid is there no longer.
      if (name !== 'another kid') await tokens.verify(old)
    },
  )

  it('are not written if they are too many to be read', async () => {
    const { store } = await withTwoKeys()
    const [record] = readRecords((await store.read())?.data)
    const records = (length: number) =>
      Array.from({ length }, (_, at) => ({ ...record!, kid: `key-${at}`, signsFrom: at }))
    expect(readRecords(writeRecords(records(10_000)))).toHaveLength(10_000)
    expect(() => writeRecords(records(10_001))).toThrow(/^keyStore: There are more than 10000 keys/)
  })

  it('that cannot be decrypted can be revoked all the same', async () => {
    const { store, instance, old } = await withTwoKeys()
    await tamper(store, ({ keys }) => (keys[0]!['sealed'] = 'AAAA'))
    expect(await instance.keys.revoke(kidOf(old))).toBe(true)
    await expect(instance.tokens.verify(old)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
    const other = await startInstance(store)
    await other.tokens.verify(await instance.tokens.issueAccessToken('ada'))
  })

  it.each([
    ['without the secret of all others', undefined],
    ['although a start would write longer lifetimes', '400d'],
  ])('can be revoked one by one, %s', async (_, expiresIn) => {
    const store = new TestKeyStore()
    const wrap = [WRAP[0]!, OTHER]
    const refreshToken = expiresIn === undefined ? undefined : { expiresIn }
    const before = await startInstance(store, { rotation: { wrap } })
    await before.keys.rotate({ immediately: true })
    const instance = await startInstance(store, { rotation: { wrap }, refreshToken })
    await tamper(store, ({ keys }) => {
      for (const key of keys) Object.assign(key, { wrap: 'gone', accessLifetime: 1, refreshLifetime: 1 })
    })
    suspend(instance, 2 * 3_600_000)

    const kids = (await instance.keys.list()).map(({ kid }) => kid)
    expect(kids).toHaveLength(2)
    for (const kid of kids) expect(await instance.keys.revoke(kid)).toBe(true)
    await instance.tokens.verify(await instance.tokens.issueAccessToken('ada'))
    expect(await instance.keys.list()).toMatchObject([{ wrap: WRAP[0]!.id, state: 'signing' }])
  })

  it('that cannot be decrypted are not rotated', async () => {
    const { store, instance } = await withTwoKeys()
    await tamper(store, ({ keys }) => (keys[0]!['sealed'] = 'AAAA'))
    const { writes } = store
    for (const immediately of [true, false]) {
      await expect(instance.keys.rotate({ immediately })).rejects.toMatchObject({
        errorCode: 'keys_unavailable',
      })
    }
    expect(store.writes).toBe(writes)
  })

  it('that are gone verify nothing, even if what is left cannot be used', async () => {
    const { store, instance, old } = await withTwoKeys()
    const { tokens, clock } = instance
    const signing = await tokens.issueAccessToken('ada')
    await tamper(store, ({ keys }) => {
      keys.splice(0, 1)
      keys[1]!['sealed'] = 'AAAA'
    })
    clock.advance('25s')
    await settled([instance])
    await expect(tokens.verify(old)).rejects.toMatchObject({ errorCode: 'keys_unavailable' })
    await tokens.verify(signing)
    const listed = tokens.publicKeys().keys.map(({ kid }) => kid)
    expect(listed).toContain(kidOf(signing))
    expect(listed).not.toContain(kidOf(old))

    await tamper(store, ({ keys }) => keys.splice(0, 1))
    clock.advance('25s')
    await settled([instance])
    await expect(tokens.verify(signing)).rejects.toMatchObject({ errorCode: 'keys_unavailable' })
    await expect(tokens.issueAccessToken('ada')).rejects.toMatchObject({ errorCode: 'keys_unavailable' })
    await expect(instance.keys.rotate()).rejects.toMatchObject({ errorCode: 'keys_unavailable' })
  })

  it('that are gone end the connections that depend on them, even if what is left cannot be used', async () => {
    const { store, instance, old } = await withTwoKeys()
    const { module, tokens, clock } = instance
    const ended: string[] = []
    const tokensByName = { old, signing: await tokens.issueAccessToken('ada') }
    for (const [name, token] of Object.entries(tokensByName)) {
      module
        .get(OpenConnections)
        .add(await tokens.verify(token), (code) => void ended.push(`${name} ${code}`))
    }
    await tamper(store, ({ keys }) => {
      keys.splice(0, 1)
      keys[1]!['sealed'] = 'AAAA'
    })
    clock.advance('25s')
    await settled([instance])
    expect(ended).toEqual(['old token_revoked'])
  })

  it.each([
    ['null', null],
    ['a string', 'keys'],
    ['an object of another kind', { rows: [] }],
    ['a version that is no number', { version: '1', data: '{}' }],
    ['no data', { version: 1 }],
    ['data that is no JSON', { version: 1, data: '{"format":1,' }],
    ['an array', { version: 1, data: '[]' }],
    ['a later format', { version: 1, data: '{"format":2,"keys":[]}' }],
    ['keys that are none', { version: 1, data: '{"format":1,"keys":[null,1,"x",{}]}' }],
    ['very many keys', { version: 1, data: `{"format":1,"keys":[{}${',{}'.repeat(20_000)}]}` }],
  ])('are left as they are where the store answers %s', async (_, answer) => {
    const store = new TestKeyStore()
    const instance = await startInstance(store)
    const token = await instance.tokens.issueAccessToken('ada')
    const { writes } = store
    store.answer = answer

    await expect(startInstance(store)).rejects.toThrow(
      /keyStore: The document in the key store cannot be read/,
    )
    instance.clock.advance('25s')
    await settled([instance])
    await instance.tokens.verify(token)
    expect(kidOf(await instance.tokens.issueAccessToken('ada'))).toBe(kidOf(token))
    expect(store.writes).toBe(writes)
  })

  it('that were removed are dead: a new key signs', async () => {
    const { store, instance, old } = await withTwoKeys()
    const empty = new TestKeyStore()
    store.read = () => empty.read()
    store.replace = (input) => empty.replace(input)
    instance.clock.advance('25s')
    await settled([instance])
    await expect(instance.tokens.verify(old)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
    await instance.tokens.verify(await instance.tokens.issueAccessToken('ada'))
    expect(logs.text('error')).toContain('The key store has an older state than before, or was emptied')
  })

  it('that were restored, and have come to the same version with other keys, are reported and used', async () => {
    const [store, restored] = [new TestKeyStore(), new TestKeyStore()]
    const instance = await startInstance(store)
    const { tokens, keys, clock } = instance
    await restored.replace({ document: (await store.read()) as KeyDocument, replaces: undefined })
    await keys.rotate({ immediately: true })
    clock.advance('25s')
    await settled([instance])
    const lost = await tokens.issueAccessToken('ada')
    const other = await startInstance(restored)
    const { kid } = await other.keys.rotate({ immediately: true })
    expect((await restored.read())?.version).toBe((await store.read())?.version)

    store.read = () => restored.read()
    clock.advance('25s')
    await settled([instance])
    expect(kidOf(await tokens.issueAccessToken('ada'))).toBe(kid)
    await expect(tokens.verify(lost)).rejects.toMatchObject({ errorCode: 'token_signature_invalid' })
    expect(logs.text('error')).toContain('The key store has an older state than before, or was emptied')
  })

  it.each([true, false])(
    'that were removed are replaced by a rotation too (immediately: %s)',
    async (immediately) => {
      const { store, instance, old } = await withTwoKeys()
      const empty = new TestKeyStore()
      store.read = () => empty.read()
      store.replace = (input) => empty.replace(input)
      const { kid, state } = await instance.keys.rotate({ immediately })
      expect(state).toBe('signing')
      expect((await instance.keys.list()).map((key) => key.kid)).toEqual([kid])
      await expect(instance.tokens.verify(old)).rejects.toMatchObject({
        errorCode: 'token_signature_invalid',
      })
    },
  )

  it('that are all there are reported as lost by no instance, whichever wrote them', async () => {
    const store = new TestKeyStore()
    const [one, other] = [await startInstance(store), await startInstance(store)]
    const lookTwice = async () => {
      for (let look = 0; look < 2; look++) {
        for (const { clock } of [one, other]) clock.advance('25s')
        await settled([one, other])
      }
    }
    logs.clear()
    await lookTwice()
    const { kid } = await one.keys.rotate({ immediately: true })
    await lookTwice()
    await other.keys.revoke(kid)
    await lookTwice()
    expect(store.writes).toBe(3)
    store.answer = { version: 1, data: 'not ours' }
    await lookTwice()
    store.answer = undefined
    await lookTwice()
    expect(logs.text('error')).not.toContain('an older state')
  })
})

describe('the wrapping secret', () => {
  const [FIRST] = WRAP

  it('is changed in three steps, with instances of two steps side by side and no token refused', async () => {
    const store = new TestKeyStore()
    const steps = [[FIRST!], [FIRST!, OTHER], [OTHER, FIRST!], [OTHER]]
    let before = await startInstance(store, { rotation: { wrap: steps[0]! } })
    const tokens = [await before.tokens.issueAccessToken('ada')]
    for (const wrap of steps.slice(1)) {
      const after = await startInstance(store, { rotation: { wrap } })
      for (const instance of [before, after]) {
        await instance.keys.rotate({ immediately: true })
        instance.clock.advance('25s')
        await settled([instance])
        tokens.push(await instance.tokens.issueAccessToken('ada'))
      }
      for (const instance of [before, after]) {
        instance.clock.advance('2s')
        for (const token of tokens) await instance.tokens.verify(token)
      }
      await before.module.close()
      // As the last step of each deployment leaves it.
      before = await startInstance(store, { rotation: { wrap } })
    }
    const wraps = (await before.keys.list()).map(({ wrap }) => wrap)
    expect(wraps.length).toBeGreaterThan(3)
    expect(new Set(wraps)).toEqual(new Set([OTHER.id]))
  })

  it('two that differ in their first secret do not encrypt again and again', async () => {
    const store = new TestKeyStore()
    const instances = [
      await startInstance(store, { rotation: { wrap: [FIRST!, OTHER] } }),
      await startInstance(store, { rotation: { wrap: [OTHER, FIRST!] } }),
    ]
    const { writes } = store
    for (let look = 0; look < 120; look++) {
      for (const { clock } of instances) clock.advance('25s')
      await settled(instances)
    }
    expect(store.writes - writes).toBeLessThanOrEqual(4)
  })

  it('that an older instance used last is replaced by the running ones after an hour', async () => {
    const store = new TestKeyStore()
    const before = await startInstance(store, { rotation: { wrap: [FIRST!, OTHER] } })
    const after = await startInstance(store, { rotation: { wrap: [OTHER, FIRST!] } })
    await before.keys.rotate()
    await before.module.close()
    const wraps = async () => (await after.keys.list()).map(({ wrap }) => wrap)
    expect(await wraps()).toContain(FIRST!.id)
    for (let look = 0; look < 150; look++) {
      after.clock.advance('25s')
      await settled([after])
    }
    expect(new Set(await wraps())).toEqual(new Set([OTHER.id]))
  })

  it.each([
    [
      'is missing',
      [OTHER],
      /keyRotation\.wrap: The key .* was encrypted with the secret "2030", which is not in the list/,
    ],
    [
      'is another under the same id',
      [{ id: '2030', secret: secret() }],
      /keyRotation\.wrap: .* cannot be decrypted with the secret "2030"/,
    ],
  ])('that %s does not boot, and makes no new key', async (_, wrap, message) => {
    const store = new TestKeyStore()
    const { tokens } = await startInstance(store)
    const token = await tokens.issueAccessToken('ada')
    await expect(startInstance(store, { rotation: { wrap } })).rejects.toThrow(message)
    await (await startInstance(store)).tokens.verify(token)
  })
})
