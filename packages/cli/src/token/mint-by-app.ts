import { randomUUID } from 'node:crypto'
import type { Identity, IssueOptions, JwtClaims } from '@nest-jwt-auth/core'
import { type Auth, authOf } from '../app/auth-of.js'
import type { OpenApp } from '../app/open-app.js'
import { CommandError } from '../command.js'
import { secondsOf } from './mint-by-secret.js'
import type { MintOptions } from './mint.js'

interface Input {
  readonly sub: string
  readonly claims: Readonly<Record<string, unknown>>
  readonly options: MintOptions
}

/** An access token without a session, or the token response of a new session as JSON. */
export async function mintByApp(open: OpenApp, { sub, claims, options }: Input): Promise<string> {
  const auth = authOf(open)
  const { 'expires-in': expiresIn, audience, session } = options
  if (session && auth.settings.sessionStore instanceof open.core.InMemorySessionStore) {
    throw new CommandError(
      'The app keeps its sessions in memory, so the running app would not know this one. Leave out --session.',
    )
  }
  // The library's own message would name its option.
  if (expiresIn !== undefined && expiresIn !== 'never') secondsOf(expiresIn)
  const issueOptions = { claims, expiresIn, audience } as IssueOptions
  const identity = await identityOf(sub, claims, auth)
  if (!session) return auth.tokens.issueAccessToken(identity, issueOptions)
  return JSON.stringify(await auth.tokens.issue(identity, issueOptions), undefined, 2)
}

/** As after a login: claims loaders get what the identity loader finds. */
async function identityOf(sub: string, claims: Input['claims'], { settings }: Auth): Promise<Identity> {
  const { identityLoader, issuer } = settings
  if (identityLoader === undefined) return sub
  const now = Math.floor(Date.now() / 1000)
  const registered = { iss: issuer, sub, iat: now, exp: now + 60, jti: randomUUID() }
  const asClaims = { ...claims, ...registered } as JwtClaims
  const identity = await identityLoader.loadIdentity(asClaims, { purpose: 'refresh', issuer })
  if (identity !== null && identity !== undefined) return identity
  throw new CommandError('The identity loader of the app knows no identity with this subject.')
}
