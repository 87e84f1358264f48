import { execFileSync } from 'node:child_process'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { runCommand } from '../../../packages/cli/src/run-command.js'
import type { Sources } from '../../docs/code-blocks.js'

export const tsconfig: Sources[number] = [
  'tsconfig.json',
  JSON.stringify({
    compilerOptions: {
      module: 'nodenext',
      target: 'es2023',
      strict: true,
      strictPropertyInitialization: false,
      experimentalDecorators: true,
      emitDecoratorMetadata: true,
      isolatedModules: true,
      skipLibCheck: true,
      types: ['node'],
    },
    include: ['src'],
  }),
]

export async function writeSources(folder: string, sources: Sources): Promise<void> {
  for (const [path, text] of sources) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

export interface CommandResult {
  code: number
  printed: string
  warned: string
}

/** Runs `nest-jwt-auth migrate-from` in a folder. */
export async function migrate(cwd: string, ...args: string[]): Promise<CommandResult> {
  const lines = { printed: [] as string[], warned: [] as string[] }
  const code = await runCommand(['migrate-from', ...args], {
    cwd,
    env: {},
    print: (line) => void lines.printed.push(line),
    warn: (line) => void lines.warned.push(line),
  })
  return { code, printed: lines.printed.join('\n'), warned: lines.warned.join('\n') }
}

/** A file of the app, or `undefined` where there is none. */
export async function read(folder: string, path: string): Promise<string | undefined> {
  return existsSync(join(folder, path)) ? readFile(join(folder, path), 'utf8') : undefined
}

export function commitAll(folder: string): void {
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=test', '-c', 'user.email=test@example.com', ...args], {
      cwd: folder,
    })
  git('init', '--quiet')
  git('add', '--all')
  git('commit', '--quiet', '--message', 'before')
}
