import { beforeEach, describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, type IssuerOptions } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { ChatGateway } from '../transports/sockets/gateway.js'
import { exception, kinds, refusalOf, refused, startSockets } from '../transports/sockets/kinds.js'
import { inSeconds, OtherParty } from './foreign-app.js'
import { StubIssuer } from './issuer-stub.js'

const KEYS_URL = 'https://idp.example/keys'
const idp = new OtherParty('https://idp.example')

let stub = new StubIssuer()
let store = new InMemorySessionStore()

beforeEach(() => {
  stub = new StubIssuer()
  stub.publishDocument({ keys: [idp.key.jwk] }, {}, KEYS_URL)
  store = new InMemorySessionStore()
})

const remote = (): Partial<IssuerOptions> => ({ keys: undefined, jwksUrl: KEYS_URL, fetch: stub.fetch })

describe.each(kinds)(
  'a ticket for a foreign token, at an instance of $name that has not seen the issuer',
  (kind) => {
    const startOne = (entry: Partial<IssuerOptions>) =>
      startSockets(kind, [ChatGateway], {
        issuer: 'https://app.example',
        issuers: [idp.options(entry)],
        sessionStore: { useValue: store },
      })

    const withoutIssuers = () => ({ issuer: 'https://app.example', sessionStore: { useValue: store } })

    it.each([
      ['in the options', () => ({})],
      ['to fetch', remote],
    ])('opens a connection, with keys %s', async (_where, entry) => {
      const [here, there] = [await startOne(entry()), await startOne(entry())]
      const ticket = await here.nest.get(JwtSockets).ticket(idp.token())
      const client = await kind.connect(there, { ticket })
      expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'https://idp.example|ada' } })
    })

    it('is keys_unavailable while the keys cannot be fetched', async () => {
      const [here, there] = [await startOne(remote()), await startOne(remote())]
      const ticket = await here.nest.get(JwtSockets).ticket(idp.token())
      stub.goDown(KEYS_URL)
      expect(await refusalOf(kind.connect(there, { ticket }))).toEqual(refused(503, 'keys_unavailable'))
    })

    it('opens nothing where the issuer is not configured', async () => {
      const [here, there] = [await startOne({}), await startSockets(kind, [ChatGateway], withoutIssuers())]
      const ticket = await here.nest.get(JwtSockets).ticket(idp.token())
      expect(await refusalOf(kind.connect(there, { ticket }))).toEqual(
        refused(401, 'token_signature_invalid'),
      )
    })

    it('opens nothing once the issuer has withdrawn the key', async () => {
      const [here, there] = [await startOne(remote()), await startOne(remote())]
      const ticket = await here.nest.get(JwtSockets).ticket(idp.token())
      stub.publishDocument({ keys: [new OtherParty(idp.issuer, 'key-2').key.jwk] }, {}, KEYS_URL)
      expect(await refusalOf(kind.connect(there, { ticket }))).toEqual(
        refused(401, 'token_signature_invalid'),
      )
    })
  },
)

describe.each(kinds)(
  'a connection of $name whose issuer has given the name of its key to another key',
  (kind) => {
    it.each(['token', 'ticket'])('opened by a %s, is closed, and serves no message before', async (how) => {
      const app = await startSockets(kind, [ChatGateway], {
        issuer: 'https://app.example',
        issuers: [idp.options(remote())],
      })
      const token = idp.token({ exp: inSeconds(3600) })
      const ticket = await app.nest.get(JwtSockets).ticket(token)
      const client = await kind.connect(app, how === 'ticket' ? { ticket } : { token })
      const announced = { ...idp.key.jwk, use: 'sig' }
      const other = new OtherParty(idp.issuer).key.jwk
      const readAgain = async () => {
        app.clock.advance('10m')
        await new Promise((resolve) => setImmediate(() => setImmediate(resolve)))
      }

      stub.publishDocument({ keys: [announced] }, {}, KEYS_URL)
      await readAgain()
      expect(await client.ask('whoami')).toMatchObject({ data: { sub: 'https://idp.example|ada' } })

      stub.publishDocument({ keys: [other] }, {}, KEYS_URL)
      await readAgain()
      expect(await client.ask('whoami')).toMatchObject(exception(401, 'token_signature_invalid'))
      app.clock.advance('30s')
      expect(await client.closed).toBe(kind.staysAway)
    })
  },
)
