import { createPgConfig } from '@electric-sql/pglite/node-postgres'
import { Kysely, PostgresDialect, sql, type Generated } from 'kysely'
import { Pool } from 'pg'
import { openEmptyDatabase } from '../../support/empty-database.js'

export interface Tables {
  users: { id: Generated<number>; username: string; password_hash: string }
  stores: { id: Generated<number>; name: string }
  items: { id: Generated<number>; name: string; price: number; store_id: number }
}

export type Database = Kysely<Tables>

export interface OpenDatabase {
  db: Database
  /** As it was at first: tables that are empty, and whose ids begin with 1. */
  reset: () => Promise<unknown>
  close: () => Promise<void>
}

/** PostgreSQL in this process, behind the driver that a real one has. */
export async function openDatabase(): Promise<OpenDatabase> {
  const postgres = await openEmptyDatabase()
  await postgres.exec(`
    create table users (id serial primary key, username text unique not null, password_hash text not null);
    create table stores (id serial primary key, name text unique not null);
    create table items (
      id serial primary key, name text not null, price integer not null, store_id integer not null references stores
    );
  `)
  const pool = new Pool(Object.assign(createPgConfig(postgres), { connectionTimeoutMillis: 5000 }))
  const db: Database = new Kysely({ dialect: new PostgresDialect({ pool }) })
  return {
    db,
    reset: () => sql`truncate users, stores, items restart identity`.execute(db),
    close: async () => {
      await db.destroy()
      await postgres.close()
    },
  }
}
