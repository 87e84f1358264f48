import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import { GENERATION } from '../sessions/generation.js'
import type { VerifiedToken } from '../token/token-verifier.js'
import type { OneTimeTokens } from './one-time-tokens.js'

/** The purpose of tickets: their `typ` is `ws-ticket+jwt`. */
const PURPOSE = 'ws-ticket'

/** Long enough to open a connection, too short to be found in a log. */
const EXPIRES_IN = '30s'

/** The claim that holds the access token's claims, its header, and where it comes from. */
const CARRIED = 'access'

/** What is read of the header once a token is verified: other issuers may put long certificates there. */
const HEADER_MEMBERS = ['alg', 'kid', 'typ', GENERATION]

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

  /** `token`: a live access token. Throws `request_invalid` if it is so large that its ticket would be too large. */
  async issue(token: VerifiedToken): Promise<string> {
    const { claims, header, origin } = token
    // JSON leaves out what is undefined.
    const carried = {
      claims,
      header: Object.fromEntries(HEADER_MEMBERS.map((name) => [name, header[name]])),
      origin,
    }
    try {
      return await this.oneTime.issue(PURPOSE, claims.sub, claims.sub, {
        expiresIn: EXPIRES_IN,
        claims: { [CARRIED]: carried },
      })
    } catch (error) {
      // The holder of the token causes this, not the app.
      if (!isTooLarge(error)) throw error
      throw new JwtAuthError('request_invalid', { reason: 'the ticket for this token would be too large' })
    }
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

function isTooLarge(error: unknown): boolean {
  return error instanceof JwtAuthUsageError && error.code === 'token_too_large'
}

/** Only this module puts that claim into a `ws-ticket`, and only for a token that passed all checks. */
function carriedToken({ claims }: VerifiedToken): VerifiedToken {
  const carried = (claims as Readonly<Record<string, unknown>>)[CARRIED]
  if (!isCarried(carried)) {
    throw new JwtAuthError('token_claims_invalid', { reason: 'JwtSockets.ticket did not make this ticket' })
  }
  return Object.freeze({ ...carried, kind: 'access' }) as unknown as VerifiedToken
}

function isCarried(value: unknown): value is { readonly claims: object; readonly header: object } {
  if (!isObject(value)) return false
  const { claims, header } = value
  return isObject(claims) && isObject(header) && typeof claims['sub'] === 'string'
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
