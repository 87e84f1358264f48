import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { Carrier } from '../../request/locate/carrier.js'

type Missing = JwtAuthError<'token_missing'>

/** `token_missing`, with a reason that says what a refresh must be sent, and what came instead. */
export function missingRefreshToken(carrier: Carrier, takesCookie: boolean): Missing {
  const wanted = takesCookie
    ? 'a refresh needs the cookie of the refresh token, or a JSON body with refresh_token'
    : 'a refresh needs a JSON body with refresh_token'
  return missing(wanted, carrier)
}

/** `token_missing`, with a reason that says what a logout must be sent, and what came instead. */
export function missingLogoutToken(carrier: Carrier): Missing {
  const wanted =
    'a logout needs a token in a location of the module, or a JSON body with refresh_token or access_token'
  return missing(wanted, carrier)
}

/** Names that clients use by mistake instead of `refresh_token`. */
const MISTAKEN_NAMES = ['refreshToken', 'refresh', 'token', 'accessToken']

function missing(wanted: string, carrier: Carrier): Missing {
  const sent = [...sentInBody(carrier.body), ...sentInHeader(carrier)]
  return new JwtAuthError('token_missing', {
    reason: sent.length === 0 ? wanted : `${wanted}; it was sent ${sent.join(' and ')}`,
  })
}

function sentInBody(body: unknown): string[] {
  if (body === undefined || body === null) return ['no body that was parsed (Content-Type: application/json)']
  if (typeof body !== 'object') return ['a body that is not a JSON object']
  return MISTAKEN_NAMES.filter((name) => Object.hasOwn(body, name)).map((name) => `a body with ${name}`)
}

function sentInHeader(carrier: Carrier): string[] {
  return carrier.headerValues('authorization').length > 0
    ? ['an Authorization header, which is not read for this']
    : []
}
