import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from '@jest/globals'
import ts from 'typescript'
import { workspaceRoot } from '../support/run.js'

const folder = join(workspaceRoot, 'packages/browser')
const modules = readdirSync(join(folder, 'dist')).filter((file) => file.endsWith('.js'))
const read = (module: string) => readFileSync(join(folder, 'dist', module), 'utf8')
const published = read('index.js')
const manifest: Record<string, unknown> = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))

describe('the browser client, as it is published', () => {
  it('is one module that imports nothing, and another with the store', () => {
    expect(modules.toSorted()).toEqual(['index.js', 'user-store.js'])
    for (const module of modules) expect(ts.preProcessFile(read(module)).importedFiles).toEqual([])
    expect(manifest).not.toHaveProperty('dependencies')
    expect(manifest).not.toHaveProperty('peerDependencies')
  })

  it('is under 3 kB when compressed, before any bundler makes it smaller', () => {
    expect(gzipSync(published, { level: 9 }).length).toBeLessThan(3000)
    expect(gzipSync(read('user-store.js'), { level: 9 }).length).toBeLessThan(600)
  })

  it('keeps its comments in the source map', () => {
    const map: { sourcesContent: string[] } = JSON.parse(
      readFileSync(join(folder, 'dist/index.js.map'), 'utf8'),
    )
    expect(published).not.toContain('/**')
    expect(map.sourcesContent.join('')).toContain('/**')
  })
})
