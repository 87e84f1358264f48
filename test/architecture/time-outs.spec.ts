import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { workspaceRoot } from '../support/run.js'

const suites = ['packages', 'sample-app', 'test'].flatMap((folder) =>
  readdirSync(join(workspaceRoot, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.spec.ts') && !file.includes('node_modules'))
    .map((file) => join(folder, file)),
)

// `}, 5_000)` at the end of a test or hook, and jest.setTimeout: a busy machine would fail what is right.
const ownTimeOut = /^\s*(?:\},? )?[\d_]{4,},?\n?\s*\)$|jest\.setTimeout/m

it('no test and no hook has a time-out of its own', () => {
  expect(suites.length).toBeGreaterThan(200)
  const impatient = suites.filter((file) => ownTimeOut.test(readFileSync(join(workspaceRoot, file), 'utf8')))

  expect(impatient.filter((file) => !file.endsWith('time-outs.spec.ts'))).toEqual([])
})
