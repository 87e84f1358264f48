import type { Dialect } from './dialect.js'

/** The column types of one dialect. */
interface Types {
  /** Up to 64 characters of base64url, compared byte by byte. */
  readonly id: string
  /** 43 characters of base64url. */
  readonly key: string
  readonly text: string
  /** Milliseconds. */
  readonly time: string
  /** Text after the column list. */
  readonly options: string
}

const TYPES: Readonly<Record<Dialect, Types>> = {
  postgresql: {
    id: 'varchar(64) collate "C"',
    key: 'varchar(43) collate "C"',
    text: 'text',
    time: 'bigint',
    options: '',
  },
  mysql: {
    id: 'varchar(64) character set ascii collate ascii_bin',
    key: 'varchar(43) character set ascii collate ascii_bin',
    text: 'mediumtext character set utf8mb4 collate utf8mb4_bin',
    time: 'bigint',
    options: ' engine = InnoDB',
  },
  sqlite: { id: 'text', key: 'text', text: 'text', time: 'integer', options: '' },
}

interface Table {
  readonly name: string
  readonly columns: (types: Types) => Readonly<Record<string, string>>
  /** Columns with an index. The first column is the primary key. */
  readonly indexed: readonly string[]
}

const TABLES: readonly Table[] = [
  {
    name: 'jwt_auth_sessions',
    columns: ({ id, key, text, time }) => ({
      id,
      subject_key: key,
      subject: text,
      created_at: time,
      last_used_at: time,
      auth_time: `${time} null`,
      ends_at: `${time} null`,
      keep_until: time,
      current_jti: id,
      current_iat: time,
      current_exp: time,
      parent_jti: `${id} null`,
      rotated_at: `${time} null`,
      data: text,
    }),
    indexed: ['subject_key', 'keep_until'],
  },
  {
    name: 'jwt_auth_subjects',
    columns: ({ key, time }) => ({ subject_key: key, generation: time, keep_until: time }),
    indexed: ['keep_until'],
  },
  {
    name: 'jwt_auth_revoked_tokens',
    columns: ({ id, time }) => ({ jti: id, keep_until: time }),
    indexed: ['keep_until'],
  },
  {
    name: 'jwt_auth_one_time_tokens',
    columns: ({ id, key, time }) => ({ jti: id, subject_key: key, keep_until: time }),
    indexed: ['subject_key', 'keep_until'],
  },
]

const KEYS: Table = {
  name: 'jwt_auth_keys',
  columns: ({ id, text, time }) => ({ id, version: time, data: text }),
  indexed: [],
}

/** The table that holds the number of each migration that was run. */
const VERSIONS = 'jwt_auth_schema'

/**
 * The statements of each migration; its number is its place, from 1. To change the tables, add one. Each statement can
 * be run again: where a database cannot undo the creation of a table, an interrupted migration starts from its beginning.
 */
export function migrationsFor(dialect: Dialect): readonly (readonly string[])[] {
  const types = TYPES[dialect]
  const versions = `create table if not exists ${VERSIONS} (version integer not null primary key)${types.options}`
  return [
    [versions, ...TABLES.flatMap((table) => createTable(table, types, dialect))],
    createTable(KEYS, types, dialect),
  ]
}

export const noteMigration = (number: number): string =>
  `insert into ${VERSIONS} (version) values (${number})`

function createTable({ name, columns, indexed }: Table, types: Types, dialect: Dialect): string[] {
  const lines = Object.entries(columns(types)).map(([column, type], index) => {
    const rest = index === 0 ? ' not null primary key' : type.endsWith(' null') ? '' : ' not null'
    return `  ${column} ${type}${rest}`
  })
  const indexName = (column: string): string => `${name}_${column}`
  // MySQL has no "create index if not exists".
  const keys = indexed.map((column) => `  key ${indexName(column)} (${column})`)
  const all = dialect === 'mysql' ? [...lines, ...keys] : lines
  const table = `create table if not exists ${name} (\n${all.join(',\n')}\n)${types.options}`
  if (dialect === 'mysql') return [table]
  return [
    table,
    ...indexed.map((column) => `create index if not exists ${indexName(column)} on ${name} (${column})`),
  ]
}
