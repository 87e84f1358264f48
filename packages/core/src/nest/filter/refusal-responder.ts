import { type ArgumentsHost, Logger } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import { validateHeaderName, validateHeaderValue } from 'node:http'
import {
  type AuthErrorPresenter,
  type DefaultAuthErrorPresenter,
  type PresentedAuthError,
} from '../../errors/auth-error-presenter.js'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'

type Headers = NonNullable<PresentedAuthError['headers']>

/** Turns refusals into HTTP answers, the same way on Express and Fastify. */
export class RefusalResponder {
  private readonly logger = new Logger('JwtAuth')
  /** By request first: one error can refuse several. */
  private readonly presented = new WeakMap<object, Map<JwtAuthError, Promise<PresentedAuthError>>>()

  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly presenter: () => AuthErrorPresenter,
    private readonly fallback: DefaultAuthErrorPresenter,
  ) {}

  /** Sets the headers alone, before the error is thrown: so the challenge survives an app's own exception filter. */
  async setHeaders(error: JwtAuthError, host: ArgumentsHost, also: Headers = {}): Promise<void> {
    const { headers } = await this.present(error, host)
    const response = host.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    if (httpAdapter.isHeadersSent(response)) return
    for (const [name, value] of Object.entries({ ...also, ...headers })) {
      httpAdapter.setHeader(response, name, value)
    }
  }

  async reply(error: JwtAuthError, host: ArgumentsHost): Promise<void> {
    const { status, body } = await this.present(error, host)
    const response = host.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    if (httpAdapter.isHeadersSent(response)) {
      httpAdapter.end(response)
      return
    }
    await this.setHeaders(error, host)
    httpAdapter.reply(response, body, status)
  }

  /** The last resort: an answer without a body, rather than none. */
  abandon(host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    if (httpAdapter.isHeadersSent(response)) httpAdapter.end(response)
    else httpAdapter.reply(response, '', 500)
  }

  private present(error: JwtAuthError, host: ArgumentsHost): Promise<PresentedAuthError> {
    const response = host.switchToHttp().getResponse<object>()
    const ofResponse = this.presented.get(response) ?? new Map<JwtAuthError, Promise<PresentedAuthError>>()
    this.presented.set(response, ofResponse)
    const presented = ofResponse.get(error) ?? this.ask(error, host)
    ofResponse.set(error, presented)
    return presented
  }

  private async ask(error: JwtAuthError, host: ArgumentsHost): Promise<PresentedAuthError> {
    const usual = this.fallback.present(error)
    try {
      const { status, body, headers } = await this.presenter().present(error, host)
      if (!(Number.isInteger(status) && status >= 200 && status <= 599)) {
        throw new TypeError('AuthErrorPresenter.present() must answer with an HTTP status from 200 to 599.')
      }
      for (const [name, value] of Object.entries(headers ?? {})) {
        validateHeaderName(name)
        validateHeaderValue(name, value)
      }
      JSON.stringify(body)
      return { status, body, headers: headers ?? usual.headers }
    } catch (cause) {
      this.logger.error('The AuthErrorPresenter failed, so the default answer is sent.', stackOf(cause))
      return usual
    }
  }
}

function stackOf(cause: unknown): string | undefined {
  return cause instanceof Error ? cause.stack : undefined
}
