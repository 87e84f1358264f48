import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { format } from 'prettier'
import { workspaceRoot } from '../support/run.js'
import { keyRows, pageOf, type Row, tokenRows } from './refused-inputs.js'

const page = join(workspaceRoot, 'docs/refused-inputs.md')

describe('the page of refused inputs', () => {
  let tokens: Row[]
  let keys: Row[]

  beforeAll(async () => {
    ;[tokens, keys] = [await tokenRows(), await keyRows()]
  })

  it('lists what we do refuse', () => {
    expect([...tokens, ...keys].filter(({ refusal }) => refusal === 'accepted')).toEqual([])
  })

  it('lists only what one of the others accepts', () => {
    expect([...tokens, ...keys].filter(({ acceptedBy }) => acceptedBy.length === 0)).toEqual([])
  })

  it('is up to date: `npm run docs:refused` writes it', async () => {
    const text = await format(pageOf(tokens, keys), { parser: 'markdown', printWidth: 110 })
    if (process.env['UPDATE_DOCS'] === '1') writeFileSync(page, text)
    expect(readFileSync(page, 'utf8')).toBe(text)
  })
})
