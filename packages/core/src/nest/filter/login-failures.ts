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
    const call = holderOf(host)
    const ofCall = this.reported.get(call) ?? new WeakSet<object>()
    if (ofCall.has(error)) return
    this.reported.set(call, ofCall.add(error))
    const { errorCode, details } = error
    this.events.emit('login.failed', { errorCode, reason: details.reason, ...describeRequest(host) })
  }
}

/** The same object for the interceptors and filters of a call. Over WebSockets filters get a copy of the arguments. */
function holderOf(host: ArgumentsHost): object {
  const message: unknown = host.getType() === 'ws' ? host.switchToWs().getData() : undefined
  if (typeof message === 'object' && message !== null) return message
  return findCall(host)?.holder ?? host.getArgs()
}
