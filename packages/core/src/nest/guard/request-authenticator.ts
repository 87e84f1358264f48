import { type ExecutionContext, Logger } from '@nestjs/common'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { authenticate, type AuthenticateParts } from '../../request/authenticate.js'
import { type GuardedRequest, guardedRequest, rememberGuarded } from './guarded-requests.js'
import type { ClearRefusedCookie } from '../cookies/clear-refused-cookie.js'
import type { RefusalReporter } from '../filter/refusal-reporter.js'
import type { RouteRulesReader } from './route-rules-reader.js'
import { carrierOf, findRequest, requestOf } from '../transports/transport.js'

/** Authenticates a request once, however many guards ask, and puts the outcome where handlers find it. */
export class RequestAuthenticator {
  private readonly logger = new Logger('JwtAuth')
  private readonly parts: AuthenticateParts

  constructor(
    parts: Omit<AuthenticateParts, 'onPolicyError'>,
    private readonly rules: RouteRulesReader,
    private readonly refusals: RefusalReporter,
    private readonly clearRefusedCookie: ClearRefusedCookie,
    private readonly attachIdentityAs: string | undefined,
  ) {
    this.parts = {
      ...parts,
      onPolicyError: (error) =>
        this.logger.error(
          'A function of a policy threw, which denies.',
          error instanceof Error ? error.stack : '',
        ),
    }
  }

  /** Returns `true`, or throws the refusal, with its headers already set. Throws `transport_unsupported`. */
  async authenticate(context: ExecutionContext): Promise<true> {
    const rules = this.rules.of(context)
    // Public first, whatever the context is: a queue consumer has no request.
    if (rules.access === 'public' && findRequest(context) === undefined) return true
    const request = requestOf(context)
    const known = guardedRequest(request)
    if (known?.rules === rules) {
      await known.outcome
      return true
    }
    const carrier = carrierOf(context)
    const outcome = authenticate(carrier, rules, this.parts)
    const entry: GuardedRequest = { request, rules, outcome }
    rememberGuarded(request, entry)
    try {
      entry.authentication = await entry.outcome
    } catch (error) {
      if (error instanceof JwtAuthError) {
        this.clearRefusedCookie(error, carrier, rules)
        await this.refusals.report(error, context, rules.noStore)
      }
      throw error
    }
    const { authentication } = entry
    if (authentication !== undefined) {
      attach(request, 'auth', Object.freeze({ claims: authentication.claims, token: authentication.token }))
      const name = this.attachIdentityAs
      if (name !== undefined) attach(request, name, await authentication.identity())
    }
    return true
  }
}

function attach(request: object, name: string, value: unknown): void {
  ;(request as Record<string, unknown>)[name] = value
}
