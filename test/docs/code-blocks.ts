import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '../support/run.js'

export interface CodeBlock {
  language: string
  code: string
  line: number
  /** The place of a block that begins with `// src/<file>.ts` in the app that its page builds. */
  path: string | undefined
  /** `before` in `// before/src/<file>.ts`: another app of the page, with the files of the first that it has no own for. */
  app: string
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
    ({ 1: language = '', 2: code = '', index }) => {
      const line = text.slice(0, index).split('\n').length
      const [, app = '', path] = /^\/\/ (?:([\w-]+)\/)?(src\/[\w./-]+\.ts)\n/.exec(code) ?? []
      return { language, code, line, path, app }
    },
  )
}

export type Sources = [path: string, code: string][]

/** The sources of each app that a page builds, by its name; the usual one has none. */
export function appsOf(page: string): Map<string, Sources> {
  const parts = codeBlocks(page).filter(({ path }) => path !== undefined)
  const filesOf = (name: string) =>
    parts.flatMap(({ app, path = '', code }): Sources => (app === name ? [[path, code]] : []))
  const names = new Set(parts.map(({ app }) => app))
  return new Map([...names].map((name) => [name, [...new Map([...filesOf(''), ...filesOf(name)])]]))
}
