import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import './compile-wasm-fast.cjs'
import { workspaceRoot } from './run.js'

const cache = join(workspaceRoot, 'node_modules/.cache')
const entry = createRequire(join(workspaceRoot, 'package.json')).resolve('@electric-sql/pglite')
const { version }: { version: string } = JSON.parse(readFileSync(join(entry, '../../package.json'), 'utf8'))
const template = join(cache, `empty-database-${version}`)

/**
 * Puts an empty embedded database into `folder`. To initialize one takes seconds, and a minute on a busy machine, so it
 * is done once, and copied from then on.
 */
export async function copyEmptyDatabase(folder: string): Promise<void> {
  if (!(await stat(template).catch(() => undefined))) await makeTemplate()
  await cp(template, folder, { recursive: true })
}

/** PostgreSQL in this process, and nothing in it. Its folder is removed when it is closed. */
export async function openEmptyDatabase(): Promise<PGlite> {
  const folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-pglite-'))
  await copyEmptyDatabase(folder)
  const database = await PGlite.create(folder)
  return Object.assign(database, {
    close: async () => {
      await PGlite.prototype.close.call(database)
      await rm(folder, { recursive: true, force: true })
    },
  })
}

async function makeTemplate(): Promise<void> {
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(`${template}-`)
  const database = await PGlite.create(draft)
  await database.close()
  // Where two workers make one at the same time, the first is kept.
  await rename(draft, template).catch(() => rm(draft, { recursive: true }))
}
