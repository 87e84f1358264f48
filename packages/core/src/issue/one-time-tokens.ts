import { JwtAuthError } from '../errors/jwt-auth.error.js'
import { JwtAuthUsageError } from '../errors/usage.error.js'
import type { AuthEventEmitter } from '../events/auth-event-emitter.js'
import type { TokenVerifier, VerifiedToken } from '../token/token-verifier.js'
import { keepUntil, type SessionRules } from '../sessions/lifetimes.js'
import { keyOfJti } from '../sessions/record-keys.js'
import type { StoreClient } from '../sessions/store/store-client.js'
import type { CheckedOneTimeTokenOptions } from './checked-options.js'
import type { TokenIssuer } from './token-issuer.js'

/** Tokens that can be used once, for one purpose such as a password reset or the confirmation of an address. */
export class OneTimeTokens {
  constructor(
    private readonly issuer: TokenIssuer,
    private readonly verifier: TokenVerifier,
    private readonly store: StoreClient,
    private readonly rules: SessionRules,
    private readonly events: AuthEventEmitter,
  ) {}

  async issue(
    purpose: string,
    identity: unknown,
    subject: string,
    options: CheckedOneTimeTokenOptions,
  ): Promise<string> {
    const target = { identity, subject, authTime: undefined, sid: undefined }
    const made = this.issuer.oneTimeToken(checkedPurpose(purpose), target, options)
    const { jti, exp } = made
    const token = await made.token
    await this.store.addOneTimeToken({ jti, subject, keepUntil: keepUntil(exp, this.rules) })
    this.events.emit('token.issued', { subject, jti })
    return token
  }

  /** Checks the purpose before it consumes the token, so a call with a wrong purpose does not use the token up. */
  async consume(purpose: string, token: string): Promise<VerifiedToken> {
    const verified = await this.verify(purpose, token)
    await this.use(verified)
    return verified
  }

  /** All checks but whether the token was used before. */
  verify(purpose: string, token: string): Promise<VerifiedToken> {
    return this.verifier.verifyOneTime(token, checkedPurpose(purpose))
  }

  /** Uses a verified one-time token up. Throws `token_revoked` if that was done before. */
  async use({ claims: { jti = '', sub } }: VerifiedToken): Promise<void> {
    if (await this.store.consumeOneTimeToken({ jti: keyOfJti(jti), subject: sub })) return
    throw new JwtAuthError('token_revoked', { reason: 'the token was consumed or revoked', jti })
  }
}

/** `typ` is `<purpose>+jwt`, so the purpose must fit a media type (RFC 6838 section 4.2), and must not be `at` or `rt`. */
function checkedPurpose(purpose: unknown): string {
  const isText = typeof purpose === 'string'
  if (isText && /^[a-z][a-z0-9-]{0,60}$/.test(purpose) && purpose !== 'at' && purpose !== 'rt') return purpose
  throw new JwtAuthUsageError(
    'purpose_invalid',
    'The purpose must be 1 to 61 lower-case letters, digits and hyphens, and begin with a letter, such as ' +
      'password-reset. The purposes at and rt are not allowed.',
  )
}
