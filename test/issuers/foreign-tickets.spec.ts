import { beforeEach, describe, expect, it } from '@jest/globals'
import { InMemorySessionStore, type IssuerOptions } from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { ChatGateway } from '../transports/sockets/gateway.js'
import { kinds, refusalOf, refused, startSockets } from '../transports/sockets/kinds.js'
import { OtherParty } from './foreign-app.js'
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
