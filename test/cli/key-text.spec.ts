import { expect, it } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '../support/run.js'

const source = (path: string) => readFileSync(join(workspaceRoot, 'packages', path), 'utf8')

// The command works without the core, which does not export this rule.
it('the command takes the same for key text as the library', () => {
  expect(source('cli/src/token/key-text.ts')).toBe(source('core/src/keys/key-text.ts'))
})
