import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { GENERATION, generationOf } from '../sessions/generation.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import type { OneTimeTokens } from './one-time-tokens.js'

/** The purpose of tickets: their `typ` is `ws-ticket+jwt`. */
const PURPOSE = 'ws-ticket'

/** Long enough to open a connection, too short to be found in a log. */
const EXPIRES_IN = '30s'

/** The claim that holds the access token's claims, and the generation of a token without a session. */
const CARRIED = 'access'

/** A ticket that is authentic and has not expired. It can still have been used. */
export interface Ticket {
  readonly oneTime: VerifiedToken
  /** The access token that the ticket was made for. */
  readonly access: VerifiedToken
}

/**
 * One-time tokens that open one WebSocket connection. A ticket holds the claims of an access token instead of the token
 * itself, so that its URL can be logged without harm once the connection is open.
 */
export class WsTickets {
  constructor(private readonly oneTime: OneTimeTokens) {}

  /** `token`: a live access token. */
  issue(token: VerifiedToken): Promise<string> {
    const { claims } = token
    const generation = generationOf(token)
    const carried = generation === undefined ? { claims } : { claims, generation }
    return this.oneTime.issue(PURPOSE, claims.sub, claims.sub, {
      expiresIn: EXPIRES_IN,
      claims: { [CARRIED]: carried },
    })
  }

  /** Throws `token_malformed`, `token_signature_invalid`, `token_wrong_type` or `token_expired`. */
  async verify(text: string): Promise<Ticket> {
    const oneTime = await this.oneTime.verify(PURPOSE, text)
    return { oneTime, access: carriedToken(oneTime) }
  }

  /** Throws `token_revoked` for a ticket that was used before. */
  use({ oneTime }: Ticket): Promise<void> {
    return this.oneTime.use(oneTime)
  }
}

/** Only this module puts that claim into a `ws-ticket`, and only for a token that passed all checks. */
function carriedToken({ header, claims }: VerifiedToken): VerifiedToken {
  const carried = (claims as Readonly<Record<string, unknown>>)[CARRIED]
  if (!isCarried(carried)) {
    throw new JwtAuthError('token_claims_invalid', { reason: 'JwtSockets.ticket did not make this ticket' })
  }
  const { generation } = carried
  return Object.freeze({
    kind: 'access',
    header: generation === undefined ? header : { ...header, [GENERATION]: generation },
    claims: carried.claims,
  }) as unknown as VerifiedToken
}

function isCarried(value: unknown): value is { readonly claims: object; readonly generation?: unknown } {
  if (typeof value !== 'object' || value === null) return false
  const claims: unknown = Reflect.get(value, 'claims')
  return typeof claims === 'object' && claims !== null && typeof Reflect.get(claims, 'sub') === 'string'
}
