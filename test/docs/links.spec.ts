import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { workspaceRoot } from '../support/run.js'
import { pages } from './code-blocks.js'

const read = (page: string) => readFileSync(join(workspaceRoot, page), 'utf8')

/** The links of a page that lead into this repository, outside its code blocks. */
function localLinks(page: string): string[] {
  const prose = read(page).replaceAll(/^```[^]*?^```$/gm, '')
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)]
    .map(([, target = '']) => target)
    .filter((target) => !/^[a-z]+:/.test(target))
}

/** As GitHub makes them of headings. */
function anchors(page: string): string[] {
  return [...read(page).matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  )
}

describe.each(pages)('the links of %s', (page) => {
  it('lead to files and headings that exist', () => {
    const broken = localLinks(page).filter((link) => {
      const [path = '', anchor] = link.split('#')
      const target = path === '' ? page : join(dirname(page), path)
      if (!existsSync(join(workspaceRoot, target))) return true
      return anchor !== undefined && !anchors(target).includes(anchor)
    })
    expect(broken).toEqual([])
  })
})

describe('docs/threat-model.md', () => {
  it('names a test for each thing that it says is stopped', () => {
    const rows = read('docs/threat-model.md')
      .split('## What stops them')[1]
      ?.split('## What is left to the app')[0]
      ?.split('\n')
      .filter((line) => line.startsWith('|') && !/^\| (threat|-)/.test(line))
    expect(rows?.length).toBeGreaterThan(20)
    expect(rows?.filter((row) => !row.includes('.spec.ts`](../test/'))).toEqual([])
  })
})
