import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { CompactJws } from './compact-jws.js'
import type { TokenOrigin, TokenSource } from './token-source.js'

/** The issuers whose tokens an app accepts beside its own. */
export interface OtherSources {
  /** The former code of this app, whose tokens have no `kid`. */
  readonly legacy?: TokenSource | undefined
  /** Other issuers by the `iss` of their tokens. If it is empty, `iss` has no influence on the choice of the keys. */
  readonly foreign: ReadonlyMap<string, TokenSource>
  /** The `iss` of this app's own tokens. */
  readonly ownIssuers: readonly string[]
}

/** Chooses the issuer whose keys must verify a token. */
export class TokenSources {
  constructor(
    readonly own: TokenSource,
    private readonly others: OtherSources = { foreign: new Map(), ownIssuers: [] },
  ) {}

  /**
   * With other issuers: a token whose `iss` is neither absent nor that of this app belongs to the issuer of that name. Any
   * other token is a legacy token if it has no `kid` and the app accepts them, otherwise one of this app. The `iss` has not
   * been verified, and decides only which keys are tried: those of one issuer verify only tokens with its `iss`. Throws
   * `token_signature_invalid` for an unknown `iss`.
   */
  choose(jws: CompactJws): TokenSource {
    const { foreign, legacy, ownIssuers } = this.others
    if (foreign.size > 0) {
      const iss = issuerIn(jws)
      if (iss !== undefined && !ownIssuers.includes(iss)) return foreign.get(iss) ?? refuseUnknownIssuer()
    }
    return legacy !== undefined && this.own.jws.headerOf(jws).kid === undefined ? legacy : this.own
  }

  /** The source that has verified a token. */
  of(origin: TokenOrigin | undefined): TokenSource | undefined {
    if (origin === undefined) return this.own
    // Only a foreign token names one.
    return origin.issuer === undefined ? this.others.legacy : this.others.foreign.get(origin.issuer)
  }
}

/** `undefined` for a payload that cannot be read, so that the keys of this app check the signature first. */
function issuerIn(jws: CompactJws): string | undefined {
  try {
    const { iss } = jws.claims()
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}

function refuseUnknownIssuer(): never {
  throw new JwtAuthError('token_signature_invalid', {
    reason: 'iss is not a known issuer',
    isKeyUnknown: true,
  })
}
