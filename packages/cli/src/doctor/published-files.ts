import { execFile } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { promisify } from 'node:util'

export interface PublishedFiles {
  /** What the paths are relative to. */
  readonly folder: string
  readonly files: readonly string[]
  /** Why it is not known which files are committed; `undefined`: it is. */
  readonly unknown: string | undefined
}

/** `.env.example` and its like are made for everybody, committed or not. */
const SAMPLE = /^\.env\.(example|sample|template|dist|defaults)$|^(example|sample)\.env$/

/** In these nobody writes a secret by hand. */
const SKIPPED =
  /(^|\/)(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock)$|\.(map|svg|csv|snap|min\.js)$/

/** So that a huge repository takes seconds. */
const MOST = 5_000

/** The files around `root` that others can read: those that git knows, or else samples of environment files. */
export async function publishedFiles(root: string): Promise<PublishedFiles> {
  const samples = existsSync(root) ? readdirSync(root).filter((name) => SAMPLE.test(name)) : []
  try {
    const folder = (await git(root, 'rev-parse', '--show-toplevel')).trim()
    const tracked = (await git(folder, 'ls-files', '-z'))
      .split('\0')
      .filter((file) => file !== '' && !SKIPPED.test(file))
    const within = (await git(root, 'rev-parse', '--show-prefix')).trim()
    const all = [...new Set([...samples.map((name) => `${within}${name}`), ...tracked.toSorted(envFirst)])]
    const unknown = all.length > MOST ? `there are ${all.length} files; only ${MOST} were read` : undefined
    return { folder, files: all.slice(0, MOST), unknown }
  } catch {
    return {
      folder: root,
      files: samples,
      unknown: `${root} is in no git repository, or git is not installed`,
    }
  }
}

function envFirst(one: string, other: string): number {
  return Number(isEnv(other)) - Number(isEnv(one))
}

const isEnv = (file: string): boolean => /(^|\/)\.env|\.env$|compose|docker/i.test(file)

async function git(cwd: string, ...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)('git', args, { cwd, maxBuffer: 2 ** 26, timeout: 30_000 })
  return stdout
}
