import { Injectable } from '@nestjs/common'
import { Database } from '../database/database.js'
import type { Item } from './item.js'

const columns = ['id', 'name', 'owner_id'] as const

@Injectable()
export class ItemsRepository {
  constructor(private readonly database: Database) {}

  async newest(limit: number): Promise<Item[]> {
    return this.database.selectFrom('items').select(columns).orderBy('id', 'desc').limit(limit).execute()
  }

  async add(item: { name: string; owner_id: number }): Promise<Item> {
    return this.database.insertInto('items').values(item).returning(columns).executeTakeFirstOrThrow()
  }

  /** Whether there was such an item. */
  async remove(id: number): Promise<boolean> {
    const { numDeletedRows } = await this.database.deleteFrom('items').where('id', '=', id).executeTakeFirst()
    return numDeletedRows > 0n
  }
}
