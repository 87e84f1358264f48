import { z } from 'zod'
import { body, text } from '../input.js'

const username = text({ min: 1, max: 64 })
// Hashing is slow on purpose, so the length of what a client can have hashed is limited.
const password = text({ min: 1, max: 128 })
const newPassword = text({ min: 8, max: 128 })

export const Registration = body({
  username: text({ min: 3, max: 64 }).regex(/^[\w.@+-]*$/, 'may have letters, digits and . _ @ + - only'),
  password: newPassword,
})
export type Registration = z.infer<typeof Registration>

/** Anything that could be the credentials of a registered user. */
export const Credentials = body({ username, password })
export type Credentials = z.infer<typeof Credentials>

export const NewPassword = body({ password: newPassword })
export type NewPassword = z.infer<typeof NewPassword>

export const ForgottenPassword = body({ username })
export type ForgottenPassword = z.infer<typeof ForgottenPassword>

export const PasswordReset = body({ token: text({ min: 1, max: 8192 }), password: newPassword })
export type PasswordReset = z.infer<typeof PasswordReset>
