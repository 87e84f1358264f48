import { type Generated, Kysely } from 'kysely'

interface Tables {
  users: {
    id: Generated<number>
    username: string
    password_hash: string
    is_admin: Generated<boolean>
  }
  items: {
    id: Generated<number>
    name: string
    owner_id: number | null
  }
}

/** The shop's database; where it is injected, it is open and migrated. */
export class Database extends Kysely<Tables> {}
