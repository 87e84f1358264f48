import { Server } from 'node:http'
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'

const GRACE = 2000 // milliseconds
const CHECK_EVERY = 50

/** At shutdown, requests that are being answered get their answer, and idle connections do not delay the end. */
@Injectable()
export class OpenConnections implements BeforeApplicationShutdown {
  constructor(private readonly host: HttpAdapterHost) {}

  beforeApplicationShutdown(): void {
    const server: unknown = this.host.httpAdapter.getHttpServer()
    if (!(server instanceof Server) || !server.listening) return
    const idle = setInterval(() => server.closeIdleConnections(), CHECK_EVERY)
    const overdue = setTimeout(() => server.closeAllConnections(), GRACE)
    server.once('close', () => {
      clearInterval(idle)
      clearTimeout(overdue)
    })
  }
}
