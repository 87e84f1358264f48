import { STATUS_CODES } from 'node:http'
import { type AuthErrorCode, refusalFor } from '../errors/refusals.js'
import type { NamedParts } from './named-parts.js'
import type { Response, Schema } from './open-api.js'

/** What the refusals of one operation say beside their codes. */
export interface RefusalDetails {
  readonly scopes: readonly string[]
  /** In seconds. */
  readonly maxAge: number | undefined
}

const ERROR_BODY: Schema = {
  type: 'object',
  description: 'A refused request.',
  required: ['statusCode', 'error', 'errorCode', 'message'],
  properties: {
    statusCode: { type: 'integer' },
    error: { type: 'string', description: 'The name of the status.' },
    errorCode: { type: 'string', description: 'The stable code of the refusal.' },
    message: { type: 'string' },
  },
}

/**
 * The responses to refusals with these codes, by status. `schemas`: gets the schema of the body; `undefined` if the app
 * sends refusals in a form of its own, which is not known.
 */
export function refusalResponses(
  codes: readonly AuthErrorCode[],
  details: RefusalDetails,
  schemas: NamedParts | undefined,
): Record<string, Response> {
  const statuses = [...new Set(codes.map((code) => refusalFor(code).status))]
  return Object.fromEntries(
    statuses.map((status) => {
      const ofStatus = [...new Set(codes.filter((code) => refusalFor(code).status === status))]
      const description = `${STATUS_CODES[status]}: ${ofStatus.map((code) => described(code, details)).join(', ')}`
      const form = schemas === undefined ? {} : usualForm(status, ofStatus, schemas)
      return [String(status), { description, ...form }]
    }),
  )
}

function described(code: AuthErrorCode, { scopes, maxAge }: RefusalDetails): string {
  if (code === 'insufficient_scope') return `\`${code}\` (needs the scopes ${scopes.join(' ')})`
  if (code === 'insufficient_user_authentication') {
    return `\`${code}\` (needs a login of the last ${maxAge} seconds)`
  }
  return `\`${code}\``
}

function usualForm(
  status: number,
  codes: readonly AuthErrorCode[],
  schemas: NamedParts,
): Pick<Response, 'headers' | 'content'> {
  const headers: Record<string, object> = {}
  if (codes.some((code) => refusalFor(code).challenge !== undefined)) headers['WWW-Authenticate'] = CHALLENGE
  if (status === 503) headers['Retry-After'] = RETRY_AFTER
  const name = schemas.add('JwtAuthErrorBody', ERROR_BODY)
  const ofCodes = {
    type: 'object',
    properties: {
      statusCode: { type: 'integer', enum: [status] },
      errorCode: { type: 'string', enum: codes },
    },
  }
  const schema = { allOf: [{ $ref: `#/components/schemas/${name}` }, ofCodes] }
  return {
    ...(Object.keys(headers).length > 0 && { headers }),
    content: { 'application/json': { schema } },
  }
}

const CHALLENGE = {
  description: 'The challenge of RFC 6750 section 3, with `error` unless no token was sent.',
  schema: { type: 'string' },
}

const RETRY_AFTER = {
  description: 'After how many seconds to try again.',
  schema: { type: 'integer' },
}
