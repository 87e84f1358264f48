import { type JwtAuthEvent, JwtAuthEvents, type JwtAuthEventType } from '@nest-jwt-auth/core'
import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'

const SUSPICIOUS = new Set<JwtAuthEventType>(['refresh.reused', 'login.failed'])

/**
 * Writes a line for each thing that happens to tokens and sessions. An event holds no token, but personal data: ids, and
 * of some requests the route, the IP address and the `User-Agent`. Keep these lines no longer than you need them.
 */
@Injectable()
export class AuditLog implements OnApplicationBootstrap {
  private readonly logger = new Logger('Audit')

  constructor(private readonly events: JwtAuthEvents) {}

  onApplicationBootstrap(): void {
    this.events.events$.subscribe((event) => this.write(event))
  }

  private write(event: JwtAuthEvent): void {
    const line = JSON.stringify(event)
    if (SUSPICIOUS.has(event.type)) this.logger.warn(line)
    else this.logger.log(line)
  }
}
