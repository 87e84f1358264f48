import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common'
import { Database } from '../database/database.js'
import { Settings } from '../settings.js'
import { Passwords } from '../users/passwords.js'
import { UsersService } from '../users/users.service.js'

/** Everybody who reads this knows their passwords: they are never made in production. */
export const demoUsers = {
  admin: { username: 'admin', password: 'admin-password', is_admin: true },
  member: { username: 'member', password: 'member-password', is_admin: false },
} as const

const demoItems = [
  { name: 'Copper kettle', owner: 'admin' },
  { name: 'Wool blanket', owner: 'member' },
  { name: 'Oak stool', owner: 'member' },
] as const

/** Users and items to try the shop with. Made once, in a database without users; what is deleted stays deleted. */
@Injectable()
export class DemoData implements OnApplicationBootstrap {
  constructor(
    private readonly settings: Settings,
    private readonly database: Database,
    private readonly passwords: Passwords,
    private readonly users: UsersService,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    if (this.settings.production) return this.warnIfThere()
    const anyone = await this.database.selectFrom('users').select('id').limit(1).executeTakeFirst()
    if (!anyone) await this.make()
  }

  /** A development database is used in production. */
  private async warnIfThere(): Promise<void> {
    const admin = await this.users.authenticate(demoUsers.admin)
    if (admin)
      new Logger(DemoData.name).warn(
        'This database has the demo users, and everybody knows their passwords. Delete them.',
      )
  }

  private async make(): Promise<void> {
    const users = await Promise.all(
      Object.values(demoUsers).map(async ({ username, password, is_admin }) => ({
        username,
        is_admin,
        password_hash: await this.passwords.hash(password),
      })),
    )
    await this.database.transaction().execute(async (transaction) => {
      // If two processes start at the same time, the second waits here and then adds nothing.
      const made = await transaction
        .insertInto('users')
        .values(users)
        .onConflict((conflict) => conflict.doNothing())
        .returning(['id', 'username'])
        .execute()
      const items = demoItems.flatMap(({ name, owner }) =>
        made.filter(({ username }) => username === owner).map(({ id }) => ({ name, owner_id: id })),
      )
      if (items.length > 0) await transaction.insertInto('items').values(items).execute()
    })
  }
}
