import { z } from 'zod'
import { body } from '../input/body.js'
import { text } from '../input/text.js'

const MAX_PASSWORD = 128 // hashing is slow on purpose: nobody may ask for more of it

/** What a new user must bring. */
export const Registration = body({
  username: text({ min: 3, max: 64 }).regex(/^[\w.@+-]*$/, 'may have letters, digits and . _ @ + - only'),
  password: text({ min: 8, max: MAX_PASSWORD }),
})
export type Registration = z.infer<typeof Registration>

/** What a login may try: anything that could be a registered user's. */
export const Credentials = body({
  username: text({ min: 1, max: 64 }),
  password: text({ min: 1, max: MAX_PASSWORD }),
})
export type Credentials = z.infer<typeof Credentials>
