import assert from 'node:assert/strict'
import { z } from 'zod'
import type { Memory, Step } from './step.js'

const TokenResponse = z.object({
  token_type: z.literal('Bearer'),
  access_token: z.string(),
  refresh_token: z.string(),
})

type Check = NonNullable<Step['check']>

/** The tokens of the answer are `who`'s from now on. */
export const holds =
  (who: string): Check =>
  ({ headers, body }, { tokens }) => {
    assert.match(headers.get('cache-control') ?? '', /no-store/)
    tokens.set(who, TokenResponse.parse(body))
  }

/** A refusal of this code, with its challenge. */
export const refused =
  (errorCode: string): Check =>
  ({ headers, body }) => {
    has(body, { errorCode })
    assert.match(headers.get('www-authenticate') ?? '', /^Bearer/)
  }

export function has(body: unknown, expected: object): void {
  assert.deepEqual(Object.assign({}, body, expected), body)
}

interface User {
  readonly username: string
  readonly password: string
}

export function signIn(
  who: string,
  { username, password }: User,
  step: Pick<Step, 'proves'> & Partial<Step> = { proves: `${who} signs in, and no cache keeps the answer` },
): Step {
  return {
    method: 'POST',
    path: '/auth/login',
    body: { username, password },
    status: 200,
    check: holds(who),
    ...step,
  }
}

/** A call with `who`'s access token that finds it good, or dead. */
export function isGood(who: string, proves: string): Step {
  return { method: 'GET', path: '/me', as: who, status: 200, proves }
}

export function isDead(who: string, proves: string): Step {
  return { method: 'GET', path: '/me', as: who, status: 401, proves, check: refused('token_revoked') }
}

/** `who` refreshes with `spent`'s refresh token, by default the current one. */
export function refresh(who: string, step: Pick<Step, 'proves'> & Partial<Step>, spent = who): Step {
  return {
    method: 'POST',
    path: '/auth/refresh',
    as: who,
    token: () => undefined,
    body: (memory) => ({ refresh_token: tokensOf(memory, spent).refresh_token }),
    status: 200,
    check: holds(who),
    ...step,
  }
}

export function tokensOf({ tokens }: Memory, who: string) {
  const held = tokens.get(who)
  assert.ok(held, `${who} is not signed in`)
  return held
}

/** The claims as they stand in the token. */
export function claimsIn(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}
