import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createHash } from 'node:crypto'
import { SqlSessionStore } from '@nest-jwt-auth/sql'
import { CompiledQuery, type Kysely } from 'kysely'
import { describeWith } from '../../support/services.js'
import { type AnyTables, onMysql, onPostgres, onSqlite, type Scratch } from './databases.js'

const NOW = 1_700_000_000_000
const SUBJECTS = 5000
const SESSIONS_EACH = 2
const SUBJECT = 'subject-77'
const SESSION = 'session-77-1'
const TOKEN = 'token-77-1'

type Row = Record<string, unknown>

/** How a database says what it would do with a statement. */
interface Explains {
  /** Its word before the statement. */
  readonly explain: string
  readonly analyze: string
  /** Whether a row of its answer is about reading a whole table, or a whole index. */
  readonly readsAll: (row: Row) => boolean
}

const onPostgreSql: Explains = {
  explain: 'explain',
  analyze: 'analyze',
  readsAll: (row) => String(row['QUERY PLAN']).includes('Seq Scan'),
}

const onSqliteFile: Explains = {
  explain: 'explain query plan',
  analyze: 'analyze',
  readsAll: ({ detail }) => /^SCAN (?!CONSTANT ROW)/.test(String(detail)),
}

const onMariaDb: Explains = {
  explain: 'explain',
  analyze:
    'analyze table jwt_auth_sessions, jwt_auth_subjects, jwt_auth_one_time_tokens, jwt_auth_revoked_tokens',
  readsAll: ({ type }) => type === 'ALL' || type === 'index',
}

/** Among thousands of rows every statement that has to find some goes by an index. */
function describePlans(make: () => Promise<Scratch>, { explain, analyze, readsAll }: Explains): void {
  let scratch: Scratch
  let db: Kysely<AnyTables>
  let explaining: Kysely<AnyTables>
  let store: SqlSessionStore
  let sent: CompiledQuery[] = []

  beforeAll(async () => {
    scratch = await make()
    db = scratch.connect((event) => void sent.push(event.query))
    explaining = scratch.connect()
    store = new SqlSessionStore({ db })
    await store.migrate()
    await fill(db)
    await db.executeQuery(CompiledQuery.raw(analyze))
  })
  afterAll(() => scratch.drop())

  async function plansOf(work: () => Promise<unknown>): Promise<{ query: string; plan: readonly Row[] }[]> {
    sent = []
    await work()
    const plans = []
    for (const { sql, parameters } of sent.filter((query) =>
      /^\s*(with|select|update|delete)/.test(query.sql),
    )) {
      const { rows } = await explaining.executeQuery<Row>(
        CompiledQuery.raw(`${explain} ${sql}`, [...parameters]),
      )
      plans.push({ query: sql, plan: rows })
    }
    return plans
  }

  const works: { name: string; statements: number; work: () => Promise<unknown> }[] = [
    {
      name: 'lookUp of a session',
      statements: 1,
      work: () => store.lookUp({ subject: SUBJECT, sessionId: SESSION, now: NOW }),
    },
    {
      name: 'lookUp of a session and a token',
      statements: 1,
      work: () => store.lookUp({ subject: SUBJECT, sessionId: SESSION, jti: TOKEN, now: NOW }),
    },
    {
      name: 'lookUp of a token',
      statements: 1,
      work: () => store.lookUp({ subject: SUBJECT, jti: TOKEN, now: NOW }),
    },
    { name: 'list', statements: 1, work: () => store.list({ subject: SUBJECT, now: NOW }) },
    { name: 'rotate', statements: 1, work: () => rotate() },
    { name: 'open, where sessions are counted', statements: 1, work: () => open() },
    {
      name: 'consumeOneTimeToken',
      statements: 1,
      work: () => store.consumeOneTimeToken({ jti: TOKEN, subject: SUBJECT, now: NOW }),
    },
    { name: 'end', statements: 1, work: () => store.end({ sessionId: SESSION, now: NOW }) },
    {
      name: 'end with a subject',
      statements: 1,
      work: () => store.end({ sessionId: 'session-78-1', subject: SUBJECT, now: NOW }),
    },
    {
      name: 'endAll',
      statements: 2,
      work: () => store.endAll({ subject: SUBJECT, except: 'session-77-0', keepUntil: NOW + 1, now: NOW }),
    },
    { name: 'prune', statements: 4, work: () => store.prune({ now: NOW }) },
  ]

  it.each(works)('$name', async ({ statements, work }) => {
    const plans = await plansOf(work)
    expect(plans.length).toBeGreaterThanOrEqual(statements)
    for (const { query, plan } of plans) {
      expect(plan.length).toBeGreaterThan(0)
      expect({ query, all: plan.filter(readsAll) }).toEqual({ query, all: [] })
    }
  })

  it('and a statement without an index would be found out', async () => {
    const without = CompiledQuery.raw("select * from jwt_auth_sessions where data = 'none'")
    const [found] = await plansOf(() => db.executeQuery(without))
    expect(found?.plan.some(readsAll)).toBe(true)
  })

  const rotate = () =>
    store.rotate({
      subject: SUBJECT,
      sessionId: SESSION,
      presented: TOKEN,
      successor: { jti: 'next', iat: 0, exp: 1 },
      keepUntil: NOW + 10,
      mayRepeat: false,
      deadline: Date.now() + 60_000,
      now: NOW,
    })

  const open = () =>
    store.open({
      session: {
        id: 'new',
        subject: SUBJECT,
        createdAt: NOW,
        lastUsedAt: NOW,
        authTime: NOW,
        endsAt: undefined,
        current: { jti: 'first', iat: 0, exp: 1 },
        parent: undefined,
        keepUntil: NOW + 10,
        data: '{}',
      },
      max: 100,
      now: NOW,
    })
}

/** Sessions and tokens of many subjects; of one in fifty the time has come. */
async function fill(db: Kysely<AnyTables>): Promise<void> {
  for (let first = 0; first < SUBJECTS; first += 500) {
    const subjects = Array.from({ length: 500 }, (_, index) => first + index)
    const tokens = subjects.flatMap((subject) =>
      Array.from({ length: SESSIONS_EACH }, (_, index) => ({ subject, name: `${subject}-${index}` })),
    )
    await db.insertInto('jwt_auth_subjects').values(subjects.map(subjectRow)).execute()
    await db
      .insertInto('jwt_auth_revoked_tokens')
      .values(tokens.map(({ subject, name }) => ({ jti: `revoked-${name}`, ...keepUntil(subject) })))
      .execute()
    await db
      .insertInto('jwt_auth_one_time_tokens')
      .values(
        tokens.map(({ subject, name }) => ({
          jti: `token-${name}`,
          ...keyOf(subject),
          ...keepUntil(subject),
        })),
      )
      .execute()
    await db
      .insertInto('jwt_auth_sessions')
      .values(tokens.map(({ subject, name }) => sessionRow(subject, name)))
      .execute()
  }
}

const keepUntil = (subject: number) => ({ keep_until: subject % 50 === 0 ? NOW : NOW + 1 + subject })
const keyOf = (subject: number) => ({
  subject_key: createHash('sha256').update(`subject-${subject}`, 'utf16le').digest('base64url'),
})
const subjectRow = (subject: number) => ({ ...keyOf(subject), generation: 0, ...keepUntil(subject) })
const sessionRow = (subject: number, name: string) => ({
  id: `session-${name}`,
  ...keyOf(subject),
  subject: JSON.stringify(`subject-${subject}`),
  created_at: NOW,
  last_used_at: NOW,
  auth_time: NOW,
  ends_at: null,
  ...keepUntil(subject),
  current_jti: `token-${name}`,
  current_iat: NOW,
  current_exp: NOW,
  parent_jti: null,
  rotated_at: null,
  data: '{}',
})

describe('SqlSessionStore goes by an index on SQLite', () => {
  describePlans(onSqlite, onSqliteFile)
})
describeWith('postgres', 'SqlSessionStore goes by an index on PostgreSQL', (url) => {
  describePlans(() => onPostgres(url), onPostgreSql)
})
describeWith('mysql', 'SqlSessionStore goes by an index on MariaDB and MySQL', (url) => {
  describePlans(() => onMysql(url), onMariaDb)
})
