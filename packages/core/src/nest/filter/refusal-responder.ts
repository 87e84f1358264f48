import type { ArgumentsHost } from '@nestjs/common'
import type { HttpAdapterHost } from '@nestjs/core'
import type { JwtAuthError } from '../../errors/jwt-auth.error.js'
import type { RefusalPresenter } from './refusal-presenter.js'

const NO_STORE = { 'Cache-Control': 'no-store' }

/** Turns refusals into HTTP responses, the same way on Express and Fastify. */
export class RefusalResponder {
  constructor(
    private readonly adapterHost: HttpAdapterHost,
    private readonly presenter: RefusalPresenter,
  ) {}

  /** Whether the response has begun: by the handler, or by a time-out of the app while something was waited for. */
  hasBegun(host: ArgumentsHost): boolean {
    return this.adapterHost.httpAdapter.isHeadersSent(host.switchToHttp().getResponse<unknown>())
  }

  /** Sets the headers alone, before the error is thrown: so the challenge survives an app's own exception filter. */
  async setHeaders(error: JwtAuthError, host: ArgumentsHost, noStore = false): Promise<void> {
    const { headers } = await this.presenter.present(error, host)
    if (this.hasBegun(host)) return
    const response = host.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    for (const [name, value] of Object.entries({ ...(noStore && NO_STORE), ...headers })) {
      httpAdapter.setHeader(response, name, value)
    }
  }

  async reply(error: JwtAuthError, host: ArgumentsHost): Promise<void> {
    const { status, body } = await this.presenter.present(error, host)
    const response = host.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    if (this.hasBegun(host)) {
      httpAdapter.end(response)
      return
    }
    await this.setHeaders(error, host)
    httpAdapter.reply(response, body, status)
  }

  /** The last resort: a response without a body, rather than none. */
  abandon(host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    if (this.hasBegun(host)) httpAdapter.end(response)
    else httpAdapter.reply(response, '', 500)
  }
}
