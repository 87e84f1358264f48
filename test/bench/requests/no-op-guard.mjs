import { itemsController } from './items.controller.mjs'

/** What any guard costs. */
export const name = 'guard that does nothing'
/** It refuses nothing. */
export const refusal = 200

class NoOpGuard {
  canActivate() {
    return true
  }
}

export function prepare() {
  return { controllers: [itemsController(NoOpGuard)] }
}
