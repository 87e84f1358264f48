import { z } from 'zod'

/** A JSON object from a client. Members that it should not have are left out. */
export const body = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape, 'the body must be a JSON object')

/** A string from a client. PostgreSQL stores neither NUL nor half a surrogate pair, and no name needs control characters. */
export const text = ({ min, max }: { min: number; max: number }) =>
  z
    .string('must be a string')
    .min(min, min === 1 ? 'must not be empty' : `must have at least ${min} characters`)
    .max(max, `must have at most ${max} characters`)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not have control or broken characters')

/** The id of a row as a string: PostgreSQL's positive integers, and nothing that merely looks like one. */
export const RowId = z
  .string()
  .regex(/^[1-9]\d*$/, 'id: must be a positive whole number')
  .transform(Number)
  .refine((id) => id <= 2_147_483_647, 'id: is too large')
