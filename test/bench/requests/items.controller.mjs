import { Controller, Get, UseGuards } from '@nestjs/common'

/** The same route for all, behind these guards. Written without decorator syntax, which node does not have. */
export function itemsController(...guards) {
  class ItemsController {
    mine() {
      return { items: ['a', 'b'] }
    }
  }
  const descriptor = Object.getOwnPropertyDescriptor(ItemsController.prototype, 'mine')
  Get('mine')(ItemsController.prototype, 'mine', descriptor)
  Controller('items')(ItemsController)
  if (guards.length > 0) UseGuards(...guards)(ItemsController)
  return ItemsController
}
