import type { INestApplicationContext } from '@nestjs/common'
import type { JwtAuthOptions } from '@nest-jwt-auth/core'
import type { Service } from '../../support/services.js'

/** `whoami` is guarded, `remove` requires the scope `items:delete`, `open` is public. Each answers `{ sub }`. */
export type HandlerName = 'whoami' | 'remove' | 'open'

export type Reply = { readonly sub?: string } | { readonly status: number; readonly errorCode: string }

/** An app whose handlers are called over one transport, by a real client. */
export interface RunningTransport {
  readonly app: INestApplicationContext
  call(handler: HandlerName, token?: string): Promise<Reply>
  close(): Promise<void>
}

/** One transport, as the table of tests calls it. */
export interface TransportDriver {
  readonly name: string
  /** The broker that it needs. */
  readonly service?: Service
  /** Without a token, `open` can be called. `false` where a connection needs a token before any message. */
  readonly opensWithoutToken?: boolean
  start(options: JwtAuthOptions): Promise<RunningTransport>
}
