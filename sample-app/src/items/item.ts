import { z } from 'zod'
import { body, text } from '../input.js'

export interface Item {
  readonly id: number
  readonly name: string
  readonly owner_id: number | null
}

export const NewItem = body({ name: text({ min: 1, max: 100 }) })
export type NewItem = z.infer<typeof NewItem>
