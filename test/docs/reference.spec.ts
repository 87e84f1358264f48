import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { format } from 'prettier'
import { workspaceRoot } from '../support/run.js'
import { extraRows, optionRows, optionsPage, referencePage, usageErrors } from './reference.js'

describe('the reference', () => {
  const options = [...optionRows(), ...extraRows()]

  it.each(options.map((row) => [row.path, row] as const))('says what %s means', (_, { doc }) => {
    expect(doc).toMatch(/^[A-Z`].*\.$/)
  })

  it.each(options.map((row) => [row.path, row] as const))(
    'tells the default of %s as editors do',
    (_, { default: told, used }) => {
      expect(told).toBe(used)
    },
  )

  it.each(usageErrors())('says what %s means', (_, meaning) => {
    expect(meaning).toMatch(/^[A-Z`].*\.$/)
  })

  it.each([
    ['options', optionsPage],
    ['reference', referencePage],
  ])('docs/%s.md is up to date: `npm run docs:reference` writes it', async (name, write) => {
    const page = join(workspaceRoot, `docs/${name}.md`)
    const text = await format(write(), {
      parser: 'markdown',
      printWidth: 110,
      semi: false,
      singleQuote: true,
    })
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, text)
    expect(readFileSync(page, 'utf8')).toBe(text)
  })
})
