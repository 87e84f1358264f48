import { Server } from 'node:http'
import { type BeforeApplicationShutdown, Injectable } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'

const GRACE = 2000 // milliseconds
const CHECK_EVERY = 50

/** At the end whoever is being answered gets the answer; whoever merely keeps a connection open does not delay it. */
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
