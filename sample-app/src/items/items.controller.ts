import {
  CurrentIdentity,
  CurrentToken,
  OptionalAuth,
  RequireClaims,
  TokenResponse,
} from '@nest-jwt-auth/core'
import { JwtSockets } from '@nest-jwt-auth/core/websockets'
import { Body, Controller, Delete, Get, NotFoundException, Param, Post } from '@nestjs/common'
import { ApiOkResponse } from '@nestjs/swagger'
import { RowId } from '../input.js'
import type { User } from '../users/user.js'
import { type Item, NewItem } from './item.js'
import { ItemsGateway } from './items.gateway.js'
import { ItemsRepository } from './items.repository.js'

const PAGE = 100

@Controller('items')
export class ItemsController {
  constructor(
    private readonly items: ItemsRepository,
    private readonly live: ItemsGateway,
    private readonly sockets: JwtSockets,
  ) {}

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
    this.live.tellOfChange()
    return view(item, user)
  }

  /** For one WebSocket to `/items/live?ticket=…`, since a page cannot send a header with it. */
  @Post('ticket')
  @TokenResponse()
  @ApiOkResponse({ schema: { type: 'object', properties: { ticket: { type: 'string' } } } })
  async ticket(@CurrentToken() token: string) {
    return { ticket: await this.sockets.ticket(token) }
  }

  @Delete(':id')
  @RequireClaims({ is_admin: true }, { message: 'An admin is needed to delete items.' })
  async remove(@Param('id', { schema: RowId }) id: number) {
    const removed = await this.items.remove(id)
    if (!removed) throw new NotFoundException('There is no such item.')
    this.live.tellOfChange()
    return { message: 'Item deleted.' }
  }
}

function view({ id, name, owner_id }: Item, user: User | undefined) {
  return user ? { id, name, mine: owner_id === user.id } : { id, name }
}
