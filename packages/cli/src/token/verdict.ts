import type { OpenApp } from '../app/open-app.js'
import { authOf } from '../app/auth-of.js'
import { printable } from '../printable.js'

/** Whether a token was accepted, and if not, why. */
export type Verdict =
  | { readonly accepted: true; readonly claims: Readonly<Record<string, unknown>> }
  | {
      readonly accepted: false
      /** The `errorCode` of `@nest-jwt-auth/core` for it. */
      readonly errorCode: string
      readonly message: string
      readonly reason: string | undefined
    }

/** Asks the app, its session store included, as its guard does. Uses nothing up. Throws where the app itself cannot tell. */
export async function askApp(open: OpenApp, token: string, kind: 'access' | 'refresh'): Promise<Verdict> {
  try {
    const { claims } = await authOf(open).tokens.verify(token, { kind })
    return { accepted: true, claims }
  } catch (error) {
    if (!(error instanceof open.core.JwtAuthError) || error.getStatus() !== 401) throw error
    const { errorCode, message, details } = error
    return { accepted: false, errorCode, message, reason: details.reason }
  }
}

export function describeVerdict(verdict: Verdict, who: string): string {
  if (verdict.accepted) return `${who} accepts it.`
  const reason = verdict.reason === undefined ? '' : ` Reason: ${verdict.reason}.`
  return printable(`${who} refuses it: ${verdict.errorCode}. ${verdict.message}${reason}`)
}
