import type { EndCode } from '../../sessions/open-connections.js'

/**
 * The close codes of WebSockets whose token has ended; the reason is the `EndCode`. Codes from 4000 are for applications
 * (RFC 6455 section 7.4.2). Clients of graphql-ws connect again after 4403, and stay away after 4401.
 */
export const CLOSE_CODES: Readonly<Record<EndCode, number>> = { token_expired: 4403, token_revoked: 4401 }
