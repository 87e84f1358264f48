import { generateKeyPairSync } from 'node:crypto'
import {
  InMemoryKeyStore,
  InMemorySessionStore,
  JwtAuthConfigError,
  JwtAuthModule,
  JwtGuard,
  TokenService,
} from '@nest-jwt-auth/core'
import { Doorman } from '../endpoints/app.js'
import { NOW } from '../legacy-tokens/former-app.js'
import { succeeds } from '../security/anything.js'
import { SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { bootModule } from './boot-module.js'
import { describeFuzz } from './describe-fuzz.js'
import { ed25519Key, p256Key } from './fixed-keys.js'

const pem = (key: ReturnType<typeof p256Key>) =>
  key.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const ec = p256Key('options', 'ec')
const ed = ed25519Key('options', 'ed')
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 })
const other = `another!${SECRET}`

/** What JSON has no words for. */
const stand: Record<string, unknown> = {
  $SECRET: SECRET,
  $OTHER: other,
  $BYTES: Buffer.from(SECRET),
  $EC: pem(ec),
  $ECKEY: ec.privateKey,
  $ED: pem(ed),
  $RSA: rsa.privateKey,
  $PUBLIC: rsa.publicKey,
  $UNDEFINED: undefined,
  $NAN: NaN,
  $INFINITY: Infinity,
  $BIG: 10n,
  $SYMBOL: Symbol('option'),
  $FUNCTION: () => true,
  $THROWS: () => {
    throw new TypeError(`a fault of the app's own`)
  },
  $DATE: new Date((NOW + 86_400) * 1000),
  $BADDATE: new Date(NaN),
  $MAP: new Map(),
  $GUARD: JwtGuard,
  $STORE: InMemorySessionStore,
  $KEYSTORE: InMemoryKeyStore,
  $DOORMAN: Doorman,
  $FETCH: () => Promise.reject(new TypeError('fetch failed')),
}

const words = [
  Object.keys(stand),
  ...[
    'secret keys keyRotation legacyTokens issuers issuer audience accessToken refreshToken sessions clockTolerance',
    'requiredClaims claimsSchema claimsMode locations cookies csrf subject attachIdentityAs realm verifiedTokenCache audit',
    'isGlobal claimsLoader identityLoader sessionStore keyStore requestContext endpoints',
    'expiresIn notBefore allowNever sessionExpiresIn reuseGrace max timeout check maxStaleness every announce until',
    'algorithm kid privateKey publicKey sign wrap id accept jwksUrl discovery algorithms tokenTypes fetch',
    'secure sameSite domain name path trustedOrigins doubleSubmit level guards header query body scheme cookie',
    'useFactory useClass useExisting inject authenticator login refresh logout jwks prefix',
    'HS256 HS512 RS256 PS256 ES256 ES384 EdDSA none',
    '15m 30d 0s never 1ms always',
    'off warn error extend replace strict lax',
    'https://shop.example /auth sub exp x-token Bearer __proto__ constructor',
  ].map((group) => group.split(' ')),
]

/** The words that stand for something replaced by it, at any depth. */
function optionsOf(value: unknown): unknown {
  if (typeof value === 'string') return Object.hasOwn(stand, value) ? stand[value] : value
  if (Array.isArray(value)) return value.map(optionsOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, inside]) => [name, optionsOf(inside)]))
}

async function boot(options: unknown): Promise<void> {
  const auth = JwtAuthModule.forRoot(options as Parameters<typeof JwtAuthModule.forRoot>[0])
  const module = await bootModule({ imports: [auth], providers: [Doorman] })
  try {
    const tokens = module.get(TokenService)
    await succeeds(async () => tokens.verify(await tokens.issueAccessToken('ida')))
  } finally {
    await module.close()
  }
}

const secrets = [SECRET, other, ...[ec, ed].map((key) => pem(key).split('\n')[1] ?? '')]

function expectNoSecret(text: string): void {
  if (secrets.some((secret) => text.includes(secret))) throw new Error('A secret got out.')
}

describeFuzz('options', async () => {
  globalThis.fetch = stand['$FETCH'] as typeof fetch

  return {
    words,
    outcomes: ['boots', 'config_invalid'],
    limit: { fixed: 400_000, perByte: 2000 },
    run: async (input) => {
      let given: unknown
      try {
        given = JSON.parse(input.toString('utf8'))
      } catch {
        return 'not JSON'
      }
      logs.clear()
      try {
        await boot(optionsOf(given))
        return 'boots'
      } catch (error) {
        if (!(error instanceof JwtAuthConfigError)) {
          throw new Error(`An error of another kind: ${String(error)}`, { cause: error })
        }
        expectNoSecret(error.message)
        return error.code
      } finally {
        expectNoSecret(logs.text())
      }
    },
  }
})
