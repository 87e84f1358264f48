import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '../support/run.js'

export interface CodeBlock {
  language: string
  code: string
  line: number
  /** The place of a block that begins with `// src/<file>.ts` in the one app that its page builds. */
  path: string | undefined
}

const exists = (path: string) => existsSync(join(workspaceRoot, path))
const list = (folder: string) => (exists(folder) ? readdirSync(join(workspaceRoot, folder)) : [])

/** Every page that a reader may copy from. */
export const pages = [
  'README.md',
  'sample-app/README.md',
  'SECURITY.md',
  'CHANGELOG.md',
  ...list('packages')
    .map((name) => `packages/${name}/README.md`)
    .filter(exists),
  ...list('docs')
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
]

export function codeBlocks(page: string): CodeBlock[] {
  const text = readFileSync(join(workspaceRoot, page), 'utf8')
  return [...text.matchAll(/^```(\w+).*\n([^]*?)^```$/gm)].map(
    ({ 1: language = '', 2: code = '', index }) => ({
      language,
      code,
      line: text.slice(0, index).split('\n').length,
      path: /^\/\/ (src\/[\w./-]+\.ts)\n/.exec(code)?.[1],
    }),
  )
}
