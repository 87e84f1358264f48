import { itemsController } from './items.controller.mjs'

export const name = 'unguarded'
/** It refuses nothing. */
export const refusal = 200

export function prepare() {
  return { controllers: [itemsController()] }
}
