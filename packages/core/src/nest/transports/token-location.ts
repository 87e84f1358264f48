import type { ExecutionContext } from '@nestjs/common'
import type { LocationOption } from '../../request/locate/locations.js'

/**
 * Where a token may travel. `'header'` is `Authorization: Bearer` (RFC 6750 section 2.1); `'cookie'` the cookies of
 * `AuthCookies`, the only location with a CSRF check; `'query'` and `'body'` are the fields `access_token` and
 * `refresh_token` (sections 2.3 and 2.2). A function is given the `ExecutionContext` and returns the token as a string,
 * or `undefined` if there is none.
 */
export type TokenLocation = LocationOption<ExecutionContext>
