import { isDeepStrictEqual } from 'node:util'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { JwtClaims } from '../../register.js'
import type { Policy, PolicyContext } from './policy.js'

/** Decides whether the value of one claim is accepted: only if it returns exactly `true`. */
export type ClaimPredicate<V = unknown> = (value: V, claims: JwtClaims) => boolean | Promise<boolean>

/** All wanted claims must match. A missing claim does not match. */
export function requireClaims(
  wanted: Readonly<Record<string, unknown>>,
  message: string | undefined,
): Policy {
  const entries = Object.entries(wanted)
  const refuse = async (claims: JwtClaims, context: PolicyContext): Promise<JwtAuthError | undefined> => {
    for (const [name, value] of entries) {
      if (!Object.hasOwn(claims, name) || !(await matches(claims, name, value, context))) {
        return new JwtAuthError('insufficient_claims', {
          reason: `the claim ${name} is missing or does not match`,
          message,
          jti: claims.jti,
        })
      }
    }
    return undefined
  }
  return Object.assign(refuse, { refusal: { code: 'insufficient_claims' } as const })
}

async function matches(
  claims: JwtClaims,
  name: string,
  wanted: unknown,
  context: PolicyContext,
): Promise<boolean> {
  const value = (claims as unknown as Readonly<Record<string, unknown>>)[name]
  if (typeof wanted === 'function') {
    try {
      const answer: unknown = await (wanted as ClaimPredicate)(value, claims)
      return answer === true
    } catch (error) {
      context.onError(error)
      return false
    }
  }
  const owned: readonly unknown[] = Array.isArray(value) ? value : [value]
  const accepted: readonly unknown[] = Array.isArray(wanted) ? wanted : [wanted]
  return owned.some((element) => accepted.some((one) => isDeepStrictEqual(element, one)))
}
