import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { workspaceRoot } from '../support/run.js'

/** The modules of the matrix, which are plain JavaScript. */
async function load<Module>(path: string): Promise<Module> {
  return import(new URL(path, import.meta.url).href) as Promise<Module>
}

interface Nest {
  readonly project: string
  readonly folder: string
  readonly version: string
}

const cell = {
  node: '20.0.1',
  nest: '12.0.1',
  passed: 7,
  failed: 0,
  skipped: 1,
  seconds: 5,
  failures: [] as string[],
  guarded: 0.8,
  withContext: 0.5,
}
const failing = { ...cell, nest: '11.1.0', failed: 2, failures: ['a.spec.ts\nit failed'], withContext: 0.4 }

describe('npm run matrix', () => {
  it('tries the versions of Nest that the suite of its internals names', async () => {
    const { nests } = await load<{ nests: Nest[] }>('versions.mjs')
    const [, tried = ''] =
      /TRIED = \[(.*)\]/.exec(
        readFileSync(join(workspaceRoot, 'test/guard/nest-internals.spec.ts'), 'utf8'),
      ) ?? []
    const minors = nests.map(({ version }) => `'${version.split('.').slice(0, 2).join('.')}'`)
    expect(minors.join(', ')).toBe(tried)
  })

  it('runs what the other suites of these versions resolve', async () => {
    const { nests } = await load<{ nests: Nest[] }>('versions.mjs')
    const { default: preset } = await load<{
      default: { projects: { displayName: string; resolver: string }[] }
    }>('../jest-preset.mjs')
    const resolverOf = ({ project }: Nest) =>
      preset.projects.find(({ displayName }) => displayName === project)?.resolver
    expect(nests.map(resolverOf)).toEqual([
      '<rootDir>/test/nest-11.1/jest-resolver.cjs',
      '<rootDir>/test/nest-11/jest-resolver.cjs',
      '<rootDir>/test/nest-12.0/jest-resolver.cjs',
      '<rootDir>/test/jest-resolver.cjs',
    ])
  })

  it('prints a line for each pair, and what failed', async () => {
    const { failuresOf, tableOf } = await load<{
      failuresOf: (cells: object[]) => string[]
      tableOf: (cells: object[]) => string[]
    }>('report.mjs')
    expect(tableOf([cell, failing]).map((line) => line.trim().split(/\s+/).slice(0, 5))).toEqual([
      ['Node', 'Nest', 'passed', 'failed', 'skipped'],
      ['20.0.1', '12.0.1', '7', '0', '1'],
      ['20.0.1', '11.1.0', '7', '2', '1'],
    ])
    expect(failuresOf([cell, failing])).toEqual(['Node 20.0.1, Nest 11.1.0: a.spec.ts\nit failed'])
  })

  it('adds up what it has seen', async () => {
    const { evidenceOf } = await load<{ evidenceOf: (cells: object[]) => object }>('report.mjs')
    expect(evidenceOf([cell, failing])).toEqual({
      passed: 14,
      failed: 2,
      cells: 2,
      nest: ['12.0.1', '11.1.0'],
      guarded: { '20.0.1': '0.80' },
      withContext: { '20.0.1': '0.40 to 0.50' },
    })
  })
})
