import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import {
  DummyDriver,
  Kysely,
  MssqlAdapter,
  MssqlQueryCompiler,
  SqliteDialect,
  SqliteIntrospector,
} from 'kysely'
import { compileWithTsc } from '../../support/compile-with-tsc.js'
import { run, workspaceRoot } from '../../support/run.js'

// kysely's other build: classes of the same names, but not the same.
const commonJs = `
import Sqlite = require('libsql')
import { Kysely, SqliteDialect } from 'kysely'
import { SqlSessionStore } from '@nest-jwt-auth/sql'

interface Tables {
  users: { id: number }
}
const db = new Kysely<Tables>({ dialect: new SqliteDialect({ database: new Sqlite(':memory:') }) })
const store = new SqlSessionStore({ db })

async function main() {
  await store.migrate()
  await store.endAll({ subject: 'ada', keepUntil: 2, now: 1 })
  console.log((await store.keepGeneration({ subject: 'ada', keepUntil: 2, now: 1 })) % 2 ** 20)
  await db.destroy()
}
void main()
`

describe('SqlSessionStore takes a Kysely instance', () => {
  let app: string

  beforeAll(async () => {
    app = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-cjs-'))
    await writeFile(join(app, 'package.json'), '{ "type": "commonjs" }')
    await symlink(join(workspaceRoot, 'node_modules'), join(app, 'node_modules'), 'junction')
    await mkdir(join(app, 'src'))
    await writeFile(join(app, 'src/main.ts'), commonJs)
  })
  afterAll(() => rm(app, { recursive: true, force: true }))

  it('of a CommonJS app', async () => {
    expect(compileWithTsc(app, [join(app, 'src/main.ts')])).toBe('')
    expect(await run(process.execPath, [join(app, 'dist/main.js')])).toBe('1\n')
  })

  it('whose adapter extends one that it knows', () => {
    class OurDialect extends SqliteDialect {
      override createAdapter() {
        const adapter = super.createAdapter()
        return Object.create(adapter) as typeof adapter
      }
    }
    const db = new Kysely<unknown>({
      dialect: new OurDialect({ database: () => Promise.reject(new Error('not to be opened')) }),
    })
    expect(new SqlSessionStore({ db })).toBeInstanceOf(SqlSessionStore)
  })

  it('and says what it can not use', () => {
    const db = new Kysely<unknown>({
      dialect: {
        createAdapter: () => new MssqlAdapter(),
        createDriver: () => new DummyDriver(),
        createIntrospector: (instance) => new SqliteIntrospector(instance),
        createQueryCompiler: () => new MssqlQueryCompiler(),
      },
    })
    expect(() => new SqlSessionStore({ db })).toThrow(/PostgreSQL, MySQL, MariaDB, SQLite.*MssqlAdapter/)
  })
})
