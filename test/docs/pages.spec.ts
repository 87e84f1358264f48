import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { run, workspaceRoot } from '../support/run.js'
import { type CodeBlock, codeBlocks, pages } from './code-blocks.js'
import { stories } from './stories.js'

const read = (path: string) => readFileSync(join(workspaceRoot, path), 'utf8')

const MOST_LINES = 149

/** The home page of the site has no text of its own. */
const docs = pages.filter((page) => page.startsWith('docs/') && page !== 'docs/index.md')

/** Pages without a task, which begin with something else than code, and why. */
const withoutCode = new Map([
  ['docs/performance.md', 'measured numbers'],
  ['docs/personal-data.md', 'a table of what is stored where, for a privacy review'],
  ['docs/production-checklist.md', 'a list to tick off'],
  ['docs/refused-inputs.md', 'a table that a test writes'],
  ['docs/scale.md', 'measured numbers, and what instances share'],
  ['docs/threat-model.md', 'a table of threats and of the tests that stop them'],
])

/**
 * The suite that runs or compares a block which readme.spec.ts neither compiles, parses nor pastes into a shell, and
 * what stands in that suite.
 */
const ranBy = new Map([
  ['docs/cli.md sh', ['test/cli/with-app.spec.ts', "codeBlocks('docs/cli.md')"]],
  ['docs/doctor.md sh', ['test/cli/doctor/binary.spec.ts', 'docs/doctor.md']],
  ['docs/doctor.md text', ['test/cli/doctor/binary.spec.ts', 'docs/doctor.md']],
  ['docs/migrate-from.md sh', ['test/cli/migrate-from/migrate-from.spec.ts', "'nestjs-jwt', '--dry-run'"]],
  ['docs/nest-add.md sh', ['test/newcomer/newcomer.spec.ts', "'nest', ['add', '@nest-jwt-auth/core'"]],
  ['docs/quick-start.md sh', ['test/newcomer/newcomer.spec.ts', "'nest', ['add', '@nest-jwt-auth/core'"]],
  ['docs/react-and-vue.md tsx', ['test/docs/in-chromium/components.ts', 'docs/react-and-vue.md']],
  ['docs/react-and-vue.md vue', ['test/docs/in-chromium/components.ts', 'docs/react-and-vue.md']],
  ['docs/recipe-docker.md dockerfile', ['test/docs/recipe-docker.spec.ts', 'docs/recipe-docker.md']],
  ['docs/recipe-docker.md text', ['test/docs/recipe-docker.spec.ts', 'docs/recipe-docker.md']],
  ['docs/sse-and-downloads.md text', ['test/docs/streams.ts', 'event: auth']],
])

const { devDependencies } = JSON.parse(read('package.json')) as { devDependencies: Record<string, string> }
const isInstallable = (name: string) =>
  name.startsWith('@nest-jwt-auth/')
    ? existsSync(join(workspaceRoot, 'packages', name.slice(15)))
    : name in devDependencies

/** Whether readme.spec.ts, or this suite, checks the block: every language it knows, and such shell lines. */
function isCheckedHere(page: string, { language, code }: CodeBlock): boolean {
  if (['ts', 'js', 'json'].includes(language)) return true
  if (language !== 'sh') return false
  if (code.includes('curl ')) return stories[page]?.prints !== undefined
  return code.trim().split('\n').every(isKnownLine)
}

function isKnownLine(line: string): boolean {
  const [, packages] = /^npm install (?:-D )?(.+)$/.exec(line) ?? []
  if (packages !== undefined) return packages.split(' ').every(isInstallable)
  return line.startsWith('export JWT_SECRET=') || /^(npm (ci|start|test|run [\w:]+)( && |$))+$/.test(line)
}

/** What stands between the title of a page and its first code block. */
function introOf(page: string): string | undefined {
  const [, intro] = /^(?:---\n[^]*?\n---\n+)?# .*\n([^]*?)^```/m.exec(read(page)) ?? []
  return intro?.trim()
}

describe.each(docs)('%s', (page) => {
  it(`has at most ${MOST_LINES} lines`, () => {
    expect(read(page).trimEnd().split('\n').length).toBeLessThanOrEqual(MOST_LINES)
  })

  if (!withoutCode.has(page)) {
    it('starts with code, after two sentences at most', () => {
      const intro = introOf(page)
      expect(intro).not.toMatch(/^[#|-]/m)
      expect(intro?.split('\n').length).toBeLessThanOrEqual(8)
      expect(intro?.match(/[.!?](?=\s|$)/g)?.length ?? 0).toBeLessThanOrEqual(2)
    })
  }

  it('is in the list of the README', () => {
    expect(read('README.md')).toContain(`](${page})`)
  })
})

describe.each(['README.md', ...docs])('the code of %s', (page) => {
  it('names the language of each block, so that it is found', () => {
    expect(read(page).match(/^ *```/gm)?.length ?? 0).toBe(2 * codeBlocks(page).length)
  })

  for (const block of codeBlocks(page)) {
    it(`at line ${block.line} is compiled or run by a test`, () => {
      if (isCheckedHere(page, block)) return
      const [suite = 'none', words = ''] = ranBy.get(`${page} ${block.language}`) ?? []
      expect(existsSync(join(workspaceRoot, suite))).toBe(true)
      expect(read(suite)).toContain(words)
    })
  }
})

it('excuses no page that has code', () => {
  expect([...withoutCode.keys()].filter((page) => codeBlocks(page).length > 0)).toEqual([])
})

it('lists no suite for a block that is gone', () => {
  const blocks = docs.flatMap((page) => codeBlocks(page).map(({ language }) => `${page} ${language}`))
  expect(blocks).toEqual(expect.arrayContaining([...ranBy.keys()]))
})

const secrets = ['README.md', ...docs]
  .flatMap((page) => codeBlocks(page))
  .flatMap(({ language, code }) => (language === 'sh' ? code.split('\n') : []))
  .filter((line) => line.startsWith('export JWT_SECRET='))

it.each([...new Set(secrets)])('%s makes a secret that is long enough', async (line) => {
  expect((await run('bash', ['-c', `${line}; printf %s "$JWT_SECRET"`])).length).toBeGreaterThanOrEqual(32)
})
