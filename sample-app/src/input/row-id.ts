import { z } from 'zod'

/** The id of a row as text: PostgreSQL's positive integers, and nothing that merely looks like one. */
export const RowId = z
  .string()
  .regex(/^[1-9]\d*$/, 'id: must be a positive whole number')
  .transform(Number)
  .refine((id) => id <= 2_147_483_647, 'id: is too large')
