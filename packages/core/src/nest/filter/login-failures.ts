import type { ArgumentsHost } from '@nestjs/common'
import type { AuthEventEmitter } from '../../events/auth-event-emitter.js'
import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { findCall } from '../transports/find-call.js'
import { describeRequest } from './describe-request.js'

/** Emits `login.failed` for each call that is refused with `credentials_invalid`, exactly once. */
export class LoginFailures {
  /** By call first: one error can refuse several. */
  private readonly reported = new WeakMap<object, WeakSet<object>>()

  constructor(private readonly events: AuthEventEmitter) {}

  report(error: unknown, host: ArgumentsHost): void {
    if (!(error instanceof JwtAuthError) || error.errorCode !== 'credentials_invalid') return
    const call = findCall(host)?.holder ?? host.getArgs()
    const ofCall = this.reported.get(call) ?? new WeakSet<object>()
    if (ofCall.has(error)) return
    this.reported.set(call, ofCall.add(error))
    const { errorCode, details } = error
    this.events.emit('login.failed', { errorCode, reason: details.reason, ...describeRequest(host) })
  }
}
