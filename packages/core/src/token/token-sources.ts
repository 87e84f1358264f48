import { JwtAuthError } from '../errors/jwt-auth.error.js'
import type { CompactJws } from './compact-jws.js'
import type { TokenOrigin, TokenSource } from './token-source.js'

/** Whose tokens an app accepts beside its own. */
export interface OtherSources {
  /** Tokens of the former code of this app: those without `kid`. */
  readonly legacy?: TokenSource | undefined
  /** By the `iss` of their tokens. Empty: `iss` does not matter for the choice of the keys. */
  readonly foreign: ReadonlyMap<string, TokenSource>
  /** The `iss` of this app's own tokens. */
  readonly ownIssuers: readonly string[]
}

/** Chooses whose keys must verify a token. */
export class TokenSources {
  constructor(
    readonly own: TokenSource,
    private readonly others: OtherSources = { foreign: new Map(), ownIssuers: [] },
  ) {}

  /**
   * By the unverified `iss`: absent or ours, this app; then by the absence of `kid`. It decides nothing else: the keys of
   * one party verify only tokens that name this party. Throws `token_signature_invalid` for the `iss` of nobody.
   */
  choose(jws: CompactJws): TokenSource {
    const { foreign, legacy, ownIssuers } = this.others
    if (foreign.size > 0) {
      const iss = issuerIn(jws)
      if (iss !== undefined && !ownIssuers.includes(iss)) return foreign.get(iss) ?? refuseUnknownIssuer()
    }
    return legacy !== undefined && this.own.jws.headerOf(jws).kid === undefined ? legacy : this.own
  }

  /** Whose keys have verified a token. */
  of(origin: TokenOrigin | undefined): TokenSource | undefined {
    if (origin === undefined) return this.own
    return origin.kind === 'legacy' ? this.others.legacy : this.others.foreign.get(origin.issuer ?? '')
  }
}

/** A payload that cannot be read names no issuer; the signature is checked by our own keys then. */
function issuerIn(jws: CompactJws): string | undefined {
  try {
    const { iss } = jws.claims()
    return typeof iss === 'string' ? iss : undefined
  } catch {
    return undefined
  }
}

function refuseUnknownIssuer(): never {
  throw new JwtAuthError('token_signature_invalid', { reason: 'iss is no known issuer', isKeyUnknown: true })
}
