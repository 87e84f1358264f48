/** The parts of a request that may carry a token, for every transport. A location reads only its own part. */
export interface Carrier<Context = unknown> {
  /** The argument of the app's location functions. */
  readonly context: Context
  /** Every value sent under this header name (lower case), in order, not joined. */
  headerValues(name: string): readonly string[]
  /**
   * The values that a connection carries under this name (lower case) beside its headers, such as the connection
   * parameters of GraphQL subscriptions. If there are any, the headers of this name are not read. Throws
   * `token_malformed`.
   */
  parameterValues?(name: string): readonly string[] | undefined
  /** In upper case. */
  readonly method: string
  /** The handshake of a WebSocket: never safe, whatever its method, and it cannot send the header of a double submit. */
  readonly isOverUpgrade?: boolean
  /** The origin that the request was sent to (RFC 6454), if the transport knows it. */
  readonly ownOrigin: string | undefined
  readonly query: unknown
  readonly body: unknown
}
