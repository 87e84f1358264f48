import { type ArgumentsHost, Logger } from '@nestjs/common'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import {
  AuthErrorPresenter,
  type DefaultAuthErrorPresenter,
  type PresentedAuthError,
} from '../../errors/auth-error-presenter.js'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'

/**
 * What the module exports as `AuthErrorPresenter`: asks the presenter of the app, once for each refusal of a response,
 * however many guards and filters need it. If that one fails, the default response is sent.
 */
export class RefusalPresenter extends AuthErrorPresenter {
  private readonly logger = new Logger('JwtAuth')
  /** By response first: one error can refuse several. */
  private readonly presented = new WeakMap<object, Map<JwtAuthError, Promise<PresentedAuthError>>>()

  constructor(
    /** The app's own, or this one if it has none. */
    private readonly ofApp: () => AuthErrorPresenter,
    private readonly fallback: DefaultAuthErrorPresenter,
    private readonly onPresented: (error: JwtAuthError, host: ArgumentsHost) => void,
  ) {
    super()
  }

  present(error: JwtAuthError, host: ArgumentsHost): Promise<PresentedAuthError> {
    const response: unknown = host.switchToHttp().getResponse()
    if (typeof response !== 'object' || response === null) return this.ask(error, host)
    const ofResponse = this.presented.get(response) ?? new Map<JwtAuthError, Promise<PresentedAuthError>>()
    this.presented.set(response, ofResponse)
    const presented = ofResponse.get(error) ?? this.ask(error, host)
    ofResponse.set(error, presented)
    return presented
  }

  private async ask(error: JwtAuthError, host: ArgumentsHost): Promise<PresentedAuthError> {
    this.onPresented(error, host)
    const usual = this.fallback.present(error)
    const presenter = this.ofApp()
    if (presenter === this) return usual
    try {
      const { status, body, headers } = await presenter.present(error, host)
      if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
        throw new TypeError('AuthErrorPresenter.present() must return an HTTP status from 200 to 599.')
      }
      for (const [name, value] of Object.entries(headers ?? {})) {
        validateHeaderName(name)
        validateHeaderValue(name, value)
      }
      JSON.stringify(body)
      return { status, body, headers: headers ?? usual.headers }
    } catch (cause) {
      const stack = cause instanceof Error ? cause.stack : undefined
      this.logger.error('The AuthErrorPresenter failed, so the default response is sent.', stack)
      return usual
    }
  }
}
