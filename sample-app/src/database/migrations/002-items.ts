import type { Migration } from 'kysely'

export const items: Migration = {
  async up(database) {
    await database.schema
      .createTable('items')
      .addColumn('id', 'integer', (column) => column.primaryKey().generatedAlwaysAsIdentity())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('owner_id', 'integer', (column) => column.references('users.id').onDelete('set null'))
      .execute()
  },
}
