import type { ExecutionContext } from '@nestjs/common'

/** Where tokens travel in one request, whatever the transport. Read lazily: a location looks only at its own part. */
export interface Carrier {
  readonly context: ExecutionContext
  /** Every value sent under this header name (lower case), in order, not joined. */
  headerValues(name: string): readonly string[]
  /** In capitals. */
  readonly method: string
  /** The origin that the request was sent to (RFC 6454), as far as the transport knows it. */
  readonly ownOrigin: string | undefined
  readonly query: unknown
  readonly body: unknown
}
