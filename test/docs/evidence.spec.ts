import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { workspaceRoot } from '../support/run.js'

interface Promised {
  readonly promise: string
  readonly suites?: readonly string[]
  readonly script?: string
}

interface Page {
  promisesByPage: () => Record<'README.md' | 'docs/threat-model.md', Promised[]>
  threatsOf: (markdown: string) => Promised[]
  pageOf: (pages: Record<string, Promised[]>, records: object) => Promise<string>
}

/** The modules behind `npm run evidence`, which are plain JavaScript. */
async function load<Module>(path: string): Promise<Module> {
  return import(new URL(path, import.meta.url).href) as Promise<Module>
}

const read = (path: string) => readFileSync(join(workspaceRoot, path), 'utf8')
const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim()
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
const records = JSON.parse(read('test/evidence/results.json')) as Record<string, object>

/** The paragraphs and bullets below a heading of the README, without its code. */
function blocksOf(heading: string): string[] {
  const [, section = ''] =
    new RegExp(`^#+ ${heading}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(read('README.md')) ?? []
  return section
    .replaceAll(/^```[^]*?^```$/gm, '')
    .split(/\n\n|\n(?=- )/)
    .map(flat)
    .filter((block) => block !== '')
}

describe('docs/evidence.md', () => {
  it('is what `npm run evidence -- --page` writes', async () => {
    const { pageOf, promisesByPage } = await load<Page>('../../scripts/evidence-page.mjs')
    expect(read('docs/evidence.md')).toBe(await pageOf(promisesByPage(), records))
  })

  it('quotes the README word for word', async () => {
    const { promisesByPage } = await load<Page>('../../scripts/evidence-page.mjs')
    const promises = promisesByPage()['README.md'].map(({ promise }) => promise)
    expect(promises.filter((promise) => !flat(read('README.md')).includes(promise))).toEqual([])
  })

  it('leaves out no paragraph and no bullet of the README that promises something', async () => {
    const { promisesByPage } = await load<Page>('../../scripts/evidence-page.mjs')
    const { promisingSections } = await load<{ promisingSections: string[] }>('../evidence/promises.mjs')
    const promises = promisesByPage()['README.md'].map(({ promise }) => promise)
    const blocks = promisingSections.map(blocksOf)
    expect(blocks.map((section) => section.length > 0)).toEqual(promisingSections.map(() => true))
    expect(blocks.flat().filter((block) => !promises.some((promise) => block.includes(promise)))).toEqual([])
  })

  it('leaves out no row of the threat model', async () => {
    const { promisesByPage } = await load<Page>('../../scripts/evidence-page.mjs')
    const linked = read('docs/threat-model.md').match(/^\|.*\]\(\.\.\/test\/.*\|$/gm) ?? []
    const threats = promisesByPage()['docs/threat-model.md'].filter(({ suites }) => suites !== undefined)
    expect(threats.map(({ promise }) => promise.split(': ')[0])).toEqual(
      linked.map((row) => row.split('|')[1]?.trim().split(': ')[0]),
    )
  })

  it('names a proof for each promise, and only suites and scripts that there are', async () => {
    const { promisesByPage } = await load<Page>('../../scripts/evidence-page.mjs')
    const promises = Object.values(promisesByPage()).flat()
    const proofs = ({ suites = [], script }: Promised) => [
      ...suites,
      ...(script === undefined ? [] : [script]),
    ]
    const exists = (proof: string) => proof in scripts || existsSync(join(workspaceRoot, proof))
    expect(promises.filter((promise) => proofs(promise).length === 0)).toEqual([])
    expect(promises.flatMap(proofs).filter((proof) => !exists(proof))).toEqual([])
  })

  it('says what was not run, what failed, and on which machine', async () => {
    const { pageOf } = await load<Page>('../../scripts/evidence-page.mjs')
    const promises = [
      { promise: 'both', suites: ['a.spec.ts', 'b.spec.ts'] },
      { promise: 'one is missing', suites: ['a.spec.ts', 'c.spec.ts'] },
      { promise: 'for long', script: 'long' },
    ]
    const page = await pageOf(
      { 'README.md': promises },
      {
        'a.spec.ts': { passed: 3, failed: 0, skipped: 0, date: '2026-11-28', machine: '2 CPUs' },
        'b.spec.ts': { passed: 4, failed: 1, skipped: 2, date: '2026-11-27', machine: '8 CPUs' },
        'npm run long': {
          hasPassed: false,
          date: '2026-11-26',
          machine: '8 CPUs',
          evidence: { runs: { a: 1 } },
        },
      },
    )
    const rows = page.split('\n').filter((line) => line.startsWith('| '))
    expect(
      rows.slice(2).map((row) =>
        row
          .split('|')
          .slice(1, 3)
          .map((cell) => cell.trim()),
      ),
    ).toEqual([
      ['both', '7 passed, 1 failed, 2 skipped; 2026-11-27, A and B'],
      ['one is missing', 'not run yet'],
      ['for long', 'failed; 2026-11-26, B'],
    ])
    expect(page).toContain('- Machine A: 2 CPUs\n- Machine B: 8 CPUs\n')
    expect(page).toContain('## Figures of the scripts\n\n- `npm run long`: runs a 1\n')
  })

  it('keeps no result of what proves nothing', async () => {
    const { promisesByPage } = await load<Page>('../../scripts/evidence-page.mjs')
    const promises = Object.values(promisesByPage()).flat()
    const suites = promises.flatMap(({ suites = [] }) => suites)
    const known = new Set(suites.concat(promises.map(({ script }) => `npm run ${script}`)))
    expect(Object.keys(records).filter((key) => !known.has(key))).toEqual([])
  })
})
