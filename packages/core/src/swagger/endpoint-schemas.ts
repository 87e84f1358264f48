import type { Schema } from './open-api.js'

const text = { type: 'string' }
const seconds = { type: 'integer', description: 'In seconds.' }
const date = { type: 'string', format: 'date-time' }

/** RFC 6749 section 5.1. With cookies the tokens may be left out, because the cookies carry them. */
export function tokenResponse(mayLackTokens: boolean): Schema {
  return {
    type: 'object',
    description: 'The token response of OAuth 2.0 (RFC 6749 section 5.1).',
    ...(!mayLackTokens && { required: ['access_token', 'token_type'] }),
    properties: {
      access_token: text,
      token_type: text,
      expires_in: seconds,
      refresh_token: text,
      refresh_expires_in: seconds,
    },
  }
}

/** What is left of a token response if cookies carry the tokens. */
export const TOKEN_LIFETIMES: Schema = {
  type: 'object',
  description: 'How long the tokens are good for, which are in cookies.',
  required: ['token_type'],
  properties: { token_type: text, expires_in: seconds, refresh_expires_in: seconds },
}

export const LISTED_SESSION: Schema = {
  type: 'object',
  description: 'A login on one device.',
  required: ['id', 'createdAt', 'lastUsedAt', 'expiresAt', 'metadata', 'current'],
  properties: {
    id: text,
    createdAt: date,
    lastUsedAt: date,
    expiresAt: date,
    authTime: date,
    metadata: { type: 'object', additionalProperties: true },
    current: { type: 'boolean', description: 'Whether this request belongs to it.' },
  },
}

/** RFC 7517 section 5. */
export const KEY_SET: Schema = {
  type: 'object',
  description: 'A JWK Set (RFC 7517 section 5).',
  required: ['keys'],
  properties: { keys: { type: 'array', items: { type: 'object', additionalProperties: true } } },
}

/** As Nest answers what it does not find. */
export const NOT_FOUND: Schema = {
  type: 'object',
  required: ['statusCode', 'message'],
  properties: { statusCode: { type: 'integer' }, message: text, error: text },
}

/** The credentials of a login: strings of 1 to 1,024 characters. */
export function credentials({ username, password }: { username: string; password: string }): Schema {
  const limits = { minLength: 1, maxLength: 1024 }
  return {
    type: 'object',
    required: [username, password],
    properties: {
      [username]: { type: 'string', ...limits },
      [password]: { type: 'string', format: 'password', ...limits },
    },
  }
}

/** The tokens that a body may hold, and those that it must hold. */
export function tokensInBody(names: readonly string[], required: readonly string[]): Schema {
  return {
    type: 'object',
    ...(required.length > 0 && { required }),
    properties: Object.fromEntries(names.map((name) => [name, text])),
  }
}
