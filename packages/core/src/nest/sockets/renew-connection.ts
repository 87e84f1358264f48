import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../../errors/usage.error.js'
import type { JwtClaims } from '../../register.js'
import { withoutCookie } from '../../request/csrf/check-csrf.js'
import type { SessionCheck } from '../../sessions/session-check.js'
import type { TokenVerifier } from '../../token/token-verifier.js'
import { type Connection, connectionOf } from './connection.js'

interface RenewServices {
  readonly verifier: TokenVerifier
  readonly sessions: SessionCheck
}

/** Gives a connection a token of the same subject and session that does not expire earlier. Returns the connection. */
export async function renewConnection(
  client: object,
  text: string,
  { verifier, sessions }: RenewServices,
): Promise<Connection> {
  const connection = await connectionOf(client)
  if (connection === undefined) throw notProtected()
  const verified = await sessions.check(await verifier.verify(text, 'access'))
  // Read after the awaits: another renewal may have been faster.
  const { token } = connection
  if (token !== undefined && token.text === text) return connection
  const reason =
    token === undefined ? 'the connection is anonymous' : objection(token.verified.claims, verified.claims)
  if (reason !== undefined)
    throw new JwtAuthError('token_claims_invalid', { reason, jti: verified.claims.jti })
  connection.token = { text, isTicket: false, verified: withoutCookie(verified) }
  connection.registration?.renew(verified)
  return connection
}

function objection(current: JwtClaims, next: JwtClaims): string | undefined {
  if (next.sub !== current.sub) return 'the connection belongs to another subject'
  if (next.sid !== current.sid) return 'the connection belongs to another session'
  const isLater = (next.exp ?? Infinity) >= (current.exp ?? Infinity)
  return isLater ? undefined : 'the token expires before the token of the connection'
}

function notProtected(): JwtAuthUsageError {
  return new JwtAuthUsageError(
    'socket_not_protected',
    'renew() was given a client whose handshake was not checked. Give it the client of a gateway whose afterInit(server) ' +
      'calls JwtSockets.protect(server).',
  )
}
