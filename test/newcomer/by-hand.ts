import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { edit } from './starter.js'

/** The stores of which a newcomer's app is built here. */
export type Store = 'typeorm' | 'kysely'

/** How the app reads its own table of users. */
const reading = {
  typeorm: {
    import: "import { DataSource } from 'typeorm';",
    type: 'DataSource',
    rows: 'await this.database.query(sql, [username])',
  },
  kysely: {
    import: "import { Database } from './session-store';",
    type: 'Database',
    rows: '(await this.database.pool.query(sql, [username])).rows',
  },
}

/** Connects a new app to its database as Nest's documentation has it. Resolves to the number of lines. */
export async function connectTypeorm(folder: string): Promise<number> {
  const path = join(folder, 'src/app.module.ts')
  return countLines(path, () =>
    edit(path, (text) =>
      text.replace(/^import /, "import { TypeOrmModule } from '@nestjs/typeorm';\nimport ").replace(
        'imports: [],',
        `imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url: process.env.DATABASE_URL,
    }),
  ],`,
      ),
    ),
  )
}

/** Completes the authenticator that `nest add` has written. Resolves to the number of lines. */
export async function writeAuthenticator(folder: string, store: Store): Promise<number> {
  const users = reading[store]
  const path = join(folder, 'src/auth/password.authenticator.ts')
  return countLines(path, () =>
    writeFile(
      path,
      `import { scryptSync } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Authenticator, type LoginCredentials } from '@nest-jwt-auth/core';
${users.import}

@Injectable()
export class PasswordAuthenticator extends Authenticator {
  constructor(private readonly database: ${users.type}) {
    super();
  }

  async authenticate({ username, password }: LoginCredentials) {
    const sql = 'select salt, hash from users where name = $1';
    const [user] = ${users.rows};
    const hash = scryptSync(password, user?.salt ?? 'nobody', 32);
    return user?.hash === hash.toString('hex') ? username : null;
  }
}
`,
    ),
  )
}

/** The lines of a file that were not there before, without empty ones. */
async function countLines(path: string, write: () => Promise<void>): Promise<number> {
  const before = new Set((await readFile(path, 'utf8')).split('\n'))
  await write()
  const after = (await readFile(path, 'utf8')).split('\n')
  return after.filter((line) => line.trim() !== '' && !before.has(line)).length
}
