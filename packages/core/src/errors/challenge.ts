import type { JwtAuthError } from './jwt-auth.error.js'
import { refusalFor } from './refusals.js'

/** How every challenge of the app begins. */
export interface ChallengeSettings {
  readonly scheme: string
  readonly realm: string | undefined
}

/** The `WWW-Authenticate` value of a refusal (RFC 6750 section 3, RFC 9470 section 3), if its code has one. */
export function challengeOf(error: JwtAuthError, { scheme, realm }: ChallengeSettings): string | undefined {
  const { challenge, message } = refusalFor(error.errorCode)
  if (challenge === undefined) return undefined
  const parameters: [string, string | number | undefined][] = [['realm', realm]]
  if (challenge !== null) {
    parameters.push(['error', challenge], ['error_description', message])
    parameters.push(['scope', scopeOf(error)], ['max_age', error.details.maxAge])
  }
  const text = parameters
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')
  return text === '' ? scheme : `${scheme} ${text}`
}

/** RFC 6749 section 3.3: other characters are not allowed in a quoted string, or not in a header. */
function scopeOf({ details: { scope } }: JwtAuthError): string | undefined {
  return scope !== undefined && /^[ !#-[\]-~]+$/.test(scope) ? scope : undefined
}
