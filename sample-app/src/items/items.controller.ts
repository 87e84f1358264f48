import { CurrentIdentity, OptionalAuth, RequireClaims } from '@nest-jwt-auth/core'
import { Body, Controller, Delete, Get, NotFoundException, Param, Post } from '@nestjs/common'
import { RowId } from '../input.js'
import type { User } from '../users/user.js'
import { type Item, NewItem } from './item.js'
import { ItemsRepository } from './items.repository.js'

const PAGE = 100

@Controller('items')
export class ItemsController {
  constructor(private readonly items: ItemsRepository) {}

  /** Open to everybody. Users who are signed in also see which items are their own. */
  @Get()
  @OptionalAuth()
  async list(@CurrentIdentity() user: User | undefined) {
    const items = await this.items.newest(PAGE)
    return items.map((item) => view(item, user))
  }

  @Post()
  async create(@Body({ schema: NewItem }) { name }: NewItem, @CurrentIdentity() user: User) {
    const item = await this.items.add({ name, owner_id: user.id })
    return view(item, user)
  }

  @Delete(':id')
  @RequireClaims({ is_admin: true }, { message: 'An admin is needed to delete items.' })
  async remove(@Param('id', { schema: RowId }) id: number) {
    const removed = await this.items.remove(id)
    if (!removed) throw new NotFoundException('There is no such item.')
    return { message: 'Item deleted.' }
  }
}

function view({ id, name, owner_id }: Item, user: User | undefined) {
  return user ? { id, name, mine: owner_id === user.id } : { id, name }
}
