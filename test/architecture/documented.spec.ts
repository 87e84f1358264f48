import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { publishedEntries, undocumented } from './undocumented.js'

const packages = ['core', 'browser', 'redis', 'sql']

describe('the doc comments of what is published', () => {
  it('cover every exported name, every option and every abstract method', () => {
    const entries = packages.flatMap(publishedEntries)

    expect(entries.length).toBeGreaterThanOrEqual(7)
    expect(undocumented(entries)).toEqual([])
  })

  it('are missed where they are not', () => {
    const folder = mkdtempSync(join(tmpdir(), 'undocumented-'))
    const entry = join(folder, 'index.ts')
    writeFileSync(
      entry,
      `
      export interface ThingOptions {
        /** How many. */
        max?: number
        min?: number
      }
      /** A port. */
      export abstract class Port<T> {
        abstract take(value: T): void
        give(): void {}
      }
      `,
    )

    expect(undocumented([entry])).toEqual(['ThingOptions', 'ThingOptions.min', 'Port.take'])
    rmSync(folder, { recursive: true })
  })
})
