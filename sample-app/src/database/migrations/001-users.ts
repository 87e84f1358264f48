import { type Migration, sql } from 'kysely'

export const users: Migration = {
  async up(database) {
    await database.schema
      .createTable('users')
      .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
      .addColumn('username', 'text', (column) => column.notNull())
      .addColumn('password_hash', 'text', (column) => column.notNull())
      .addColumn('is_admin', 'boolean', (column) => column.notNull().defaultTo(false))
      .execute()
    await database.schema
      .createIndex('users_username_key')
      .unique()
      .on('users')
      .expression(sql`lower(username)`)
      .execute()
  },
}
