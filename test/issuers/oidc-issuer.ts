import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterAll, jest } from '@jest/globals'
import { encodePart } from '../support/forge.js'

export const API = 'https://api.example'
const CLIENT = { client_id: 'machine', client_secret: 'not-a-secret-but-long-enough' }

interface SigningKey {
  readonly kid: string
  readonly privateKey: KeyObject
}

const running: OidcIssuer[] = []

afterAll(async () => {
  await Promise.all(running.splice(0).map((issuer) => issuer.stop()))
})

/** A real OpenID provider on loopback, whose access tokens are JWTs (RFC 9068). Counts the fetches of its keys. */
export class OidcIssuer {
  /** Of metadata and keys. */
  readonly fetches: string[] = []
  private readonly keys: SigningKey[] = []
  private answer: RequestListener = () => undefined

  private constructor(
    readonly url: string,
    private server: Server,
  ) {}

  static async start(): Promise<OidcIssuer> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const issuer = new OidcIssuer(`http://127.0.0.1:${port}`, server)
    running.push(issuer)
    issuer.serve()
    await issuer.publish(newSigningKey('first'))
    return issuer
  }

  /** Publishes these keys and no others; the first one signs. */
  async publish(...keys: readonly SigningKey[]): Promise<void> {
    this.keys.splice(0, Infinity, ...keys)
    // Says at every start that it is not meant for production as it is configured here.
    const notices = (['info', 'warn'] as const).map((level) => jest.spyOn(console, level).mockReturnValue())
    const { default: Provider } = await import('oidc-provider')
    this.answer = new Provider(this.url, configurationOf(this.keys)).callback()
    for (const notice of notices) notice.mockRestore()
  }

  /** A new key signs; of the keys before, the latest stays published if `keep` is `true`. */
  async rotate(kid: string, { keep }: { keep: boolean }): Promise<void> {
    const fresh = newSigningKey(kid)
    await this.publish(fresh, ...(keep ? this.keys.slice(0, 1) : []))
  }

  /** An access token as its clients get it. */
  async token({ scope = 'read', audience = API } = {}): Promise<string> {
    const { client_id, client_secret } = CLIENT
    const body = { grant_type: 'client_credentials', resource: audience, scope, client_id, client_secret }
    const notice = jest.spyOn(console, 'info').mockReturnValue()
    const response = await fetch(`${this.url}/token`, { method: 'POST', body: new URLSearchParams(body) })
    notice.mockRestore()
    const { access_token: token } = (await response.json()) as { access_token?: string }
    if (token === undefined) throw new Error(`The provider answered ${response.status}.`)
    return token
  }

  /** The key that signs now. */
  get signingKey(): KeyObject {
    return this.current.privateKey
  }

  /** A token by the key that signs now, with what the provider itself would not write. */
  sign(change: { header?: object; claims?: object } = {}): string {
    const { kid, privateKey } = this.current
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: this.url,
      aud: API,
      sub: 'ida',
      client_id: 'machine',
      jti: 'j1',
      iat: now,
      exp: now + 864_000,
    }
    return signRs256(
      { alg: 'RS256', typ: 'at+jwt', kid, ...change.header },
      { ...claims, ...change.claims },
      privateKey,
    )
  }

  /** Nobody listens any more. */
  async stop(): Promise<void> {
    if (!this.server.listening) return
    this.server.close()
    this.server.closeAllConnections()
    await once(this.server, 'close')
  }

  /** At the same address, with the same keys. */
  async resume(): Promise<void> {
    this.server = createServer().listen(Number(new URL(this.url).port), '127.0.0.1')
    await once(this.server, 'listening')
    this.serve()
  }

  private get current(): SigningKey {
    const [key] = this.keys
    if (key === undefined) throw new Error('The issuer has no key.')
    return key
  }

  private serve(): void {
    this.server.on('request', (request, response) => {
      const path = request.url ?? ''
      if (/^\/(jwks|\.well-known\/)/.test(path)) this.fetches.push(path)
      this.answer(request, response)
    })
  }
}

export function newSigningKey(kid: string): SigningKey {
  return { kid, privateKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey }
}

/** A JWS whose signature is RS256, whatever its header says. `undefined` leaves a member out. */
export function signRs256(header: object, claims: object, privateKey: KeyObject): string {
  const input = `${encodePart({ ...header })}.${encodePart({ ...claims })}`
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`
}

function configurationOf(keys: readonly SigningKey[]): Record<string, unknown> {
  return {
    jwks: {
      keys: keys.map(({ kid, privateKey }) => ({
        ...privateKey.export({ format: 'jwk' }),
        kid,
        alg: 'RS256',
        use: 'sig',
      })),
    },
    clients: [
      {
        ...CLIENT,
        grant_types: ['client_credentials'],
        redirect_uris: [],
        response_types: [],
        token_endpoint_auth_method: 'client_secret_post',
      },
    ],
    scopes: ['read', 'write'],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_: unknown, audience: string) => ({
          audience,
          scope: 'read write',
          accessTokenFormat: 'jwt',
          accessTokenTTL: 3600,
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
    },
  }
}
