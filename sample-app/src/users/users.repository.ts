import { Injectable } from '@nestjs/common'
import { sql } from 'kysely'
import { Database } from '../database/database.js'
import type { User } from './user.js'

const columns = ['id', 'username', 'is_admin'] as const

@Injectable()
export class UsersRepository {
  constructor(private readonly database: Database) {}

  async find(id: number): Promise<User | null> {
    const user = await this.database
      .selectFrom('users')
      .select(columns)
      .where('id', '=', id)
      .executeTakeFirst()
    return user ?? null
  }

  async findWithPassword(username: string): Promise<(User & { password_hash: string }) | undefined> {
    return this.database
      .selectFrom('users')
      .select([...columns, 'password_hash'])
      .where(sql`lower(username)`, '=', username.toLowerCase())
      .executeTakeFirst()
  }

  /** Answers `undefined` if the name is taken; upper and lower case make no difference. */
  async add(user: { username: string; password_hash: string; is_admin: boolean }): Promise<User | undefined> {
    return this.database
      .insertInto('users')
      .values(user)
      .onConflict((conflict) => conflict.doNothing())
      .returning(columns)
      .executeTakeFirst()
  }

  async setPassword(id: number, password_hash: string): Promise<void> {
    await this.database.updateTable('users').set({ password_hash }).where('id', '=', id).execute()
  }
}
