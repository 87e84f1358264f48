import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { promisify } from 'node:util'
import { CommandError } from '../command.js'
import type { ChangedFile } from './source-edits.js'

const run = promisify(execFile)

/**
 * Refuses a folder, and other files to write, whose changes could not be told from those of this command. `list` is a file
 * in the folder that may have changed.
 */
export async function refuseDirtyTree(
  folder: string,
  files: readonly string[],
  list?: string,
): Promise<void> {
  const outside = files.filter((path) => relative(folder, path).startsWith('..'))
  const paths = [
    ...outside.map((path) => `:(literal)${path}`),
    ...(list ? [`:(exclude,literal)${list}`] : []),
  ]
  let status: string
  try {
    status = (await run('git', ['status', '--porcelain', '--', '.', ...paths], { cwd: folder })).stdout
  } catch {
    throw new CommandError(
      `${folder} is not in a git repository, so nothing could be undone. Run git init and commit first, or pass --force.`,
    )
  }
  if (status.trim() === '') return
  throw new CommandError(
    `${folder} has changes that are not committed. Commit or stash them first, so that you can see and undo what this command does, or pass --force:\n${status.trimEnd()}`,
  )
}

/** A unified diff of all files. */
export async function diffOf(files: readonly ChangedFile[], root: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-'))
  try {
    const parts: string[] = []
    for (const file of files) parts.push(await diffOne(file, root, folder))
    return parts.join('')
  } finally {
    await rm(folder, { recursive: true })
  }
}

async function diffOne({ path, before, after }: ChangedFile, root: string, folder: string): Promise<string> {
  const name = relative(root, path)
  const [old, now] = [join(folder, 'before'), join(folder, 'after')]
  await writeFile(old, before)
  await writeFile(now, after ?? '')
  const text = await gitDiff(old, now)
  const body = text.slice(text.indexOf('@@'))
  return `--- a/${name}\n+++ ${after === undefined ? '/dev/null' : `b/${name}`}\n${body}`
}

/** Ends with 1 where the files differ. */
async function gitDiff(one: string, other: string): Promise<string> {
  try {
    return (
      await run('git', ['diff', '--no-index', '--no-color', '--no-ext-diff', one, other], {
        maxBuffer: 2 ** 26,
      })
    ).stdout
  } catch (error) {
    const { code, stdout } = error as { code?: unknown; stdout?: string }
    if (code === 1 && stdout !== undefined) return stdout
    throw new CommandError('--dry-run shows its diff with git, which is not installed. Install git.')
  }
}
