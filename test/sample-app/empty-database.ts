import { readFileSync } from 'node:fs'
import { cp, mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { PGlite } from '@electric-sql/pglite'
import { workspaceRoot } from '../support/run.js'

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

async function makeTemplate(): Promise<void> {
  await mkdir(cache, { recursive: true })
  const draft = await mkdtemp(`${template}-`)
  const database = await PGlite.create(draft)
  await database.close()
  // Where two workers make one at the same time, the first is kept.
  await rename(draft, template).catch(() => rm(draft, { recursive: true }))
}
