import type { JSONWebKeySet } from 'jose'
import type { Algorithm } from '../keys/algorithms.js'

/** The claims of a foreign token as its issuer wrote them: verified, and deeply frozen. */
export type ForeignClaims = Readonly<Record<string, unknown>>

/**
 * Another party whose access tokens are accepted. Its keys come from exactly one of `keys`, `jwksUrl` and `discovery`;
 * with none of them, from `discovery: true`. Each of its keys verifies only its own tokens.
 */
export interface IssuerOptions {
  /** The claim `iss`, exactly as in the tokens. A list if the issuer uses several spellings. */
  readonly issuer: string | readonly string[]
  /**
   * The address of a JWK Set (RFC 7517 section 5), or of a JSON object of X.509 certificates by `kid`. https, or
   * loopback.
   */
  readonly jwksUrl?: string | undefined
  /**
   * Finds the JWK Set through the metadata of the issuer. `true`: OpenID Connect Discovery 1.0, then RFC 8414, below
   * `issuer`. A string: the address of the metadata. The `issuer` in the metadata must be exactly `issuer`.
   */
  readonly discovery?: true | string | undefined
  /** A fixed JWK Set: nothing is fetched. */
  readonly keys?: JSONWebKeySet | undefined
  /** One of these must be in `aud`. Either this or `clients` must be set. */
  readonly audience?: string | readonly string[] | undefined
  /** One of these must be `client_id` or, in a token without that claim, `azp`: for issuers whose access tokens have no `aud`. */
  readonly clients?: readonly string[] | undefined
  /**
   * The algorithms that are accepted. A key with an `alg` is used with that one, any other key with the first one that
   * fits it.
   */
  readonly algorithms: readonly Algorithm[]
  /**
   * The accepted values of `typ` in the header, compared without regard to case and to the prefix `application/`; `null`: no `typ`.
   *
   * @default ['at+jwt']
   */
  readonly tokenTypes?: readonly (string | null)[] | undefined
  /**
   * Claims that every token must have.
   *
   * @default ['sub', 'exp']
   */
  readonly requiredClaims?: readonly string[] | undefined
  /**
   * Only tokens for which this returns exactly `true` are accepted, such as those with `token_use: 'access'`. Like
   * `subject` and `claims`, it must not be async; it is called once for a token, and the result is kept while the token is
   * remembered as verified.
   */
  readonly accept?: ((claims: ForeignClaims) => boolean) | undefined
  /**
   * The subject of a token in this app. If left out: `sub`, or `<issuer>|<sub>` if the app also has own keys or a
   * second issuer.
   */
  readonly subject?: ((claims: ForeignClaims) => string) | undefined
  /**
   * Which claims the app sees beside the registered claims and the scopes: all, those named, or what a function returns.
   * If left out: all, or none if the app also has own keys or a second issuer. Registered are those of RFC 7519, `sid`,
   * `act`, `cnf` and `auth_time`, which `@RequireFresh` asks.
   */
  readonly claims?: 'all' | readonly string[] | ((claims: ForeignClaims) => object) | undefined
  /**
   * The claims of the token that hold its scopes, each a string with spaces or a list; the scopes of all of them count. An
   * app that sees all claims of its only issuer sees these as they are. Any other app sees all scopes as the one claim
   * `scope`, and these claims themselves only if `claims` names them.
   *
   * @default ['scope']
   */
  readonly scopeClaims?: readonly string[] | undefined
  /** Used instead of the global `fetch` for keys and metadata, for example to go through a proxy. */
  readonly fetch?: typeof globalThis.fetch | undefined
}
