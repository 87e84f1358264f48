import { z } from 'zod'

/** Text from a client. PostgreSQL stores neither NUL nor half a surrogate pair, and no name needs control characters. */
export const text = ({ min, max }: { min: number; max: number }) =>
  z
    .string('must be a text')
    .min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not have control or broken characters')
