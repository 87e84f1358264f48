import type { AuthErrorCode } from './refusals.js'

/** The content of `errors[].extensions` for GraphQL clients. */
export interface GraphqlExtensions {
  /** `UNAUTHENTICATED`, `FORBIDDEN`, `BAD_REQUEST` or `SERVICE_UNAVAILABLE`. */
  readonly code: string
  readonly errorCode: AuthErrorCode
}

/** The codes that GraphQL servers use. */
const CODES: Readonly<Record<number, string>> = {
  400: 'BAD_REQUEST',
  401: 'UNAUTHENTICATED',
  403: 'FORBIDDEN',
  503: 'SERVICE_UNAVAILABLE',
}

export function graphqlExtensions(errorCode: AuthErrorCode, status: number): GraphqlExtensions {
  return { code: CODES[status] ?? 'INTERNAL_SERVER_ERROR', errorCode }
}
