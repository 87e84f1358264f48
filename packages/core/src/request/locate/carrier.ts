/** Where a request carries tokens, whatever the transport. Read lazily: a location looks only at its own part. */
export interface Carrier<Context = unknown> {
  /** What the transport gives to location functions of the app. */
  readonly context: Context
  /** Every value sent under this header name (lower case), in order, not joined. */
  headerValues(name: string): readonly string[]
  /** In upper case. */
  readonly method: string
  /** The origin that the request was sent to (RFC 6454), where the transport knows it. */
  readonly ownOrigin: string | undefined
  readonly query: unknown
  readonly body: unknown
}
