import { z } from 'zod'

/** A JSON object from a client; what it should not have is left out. */
export const body = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.object(shape, 'the body must be a JSON object')
