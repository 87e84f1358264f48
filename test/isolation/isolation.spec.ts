import { describe, expect, it } from '@jest/globals'
import { fileURLToPath } from 'node:url'
import { run } from '../support/run.js'

const config = fileURLToPath(new URL('jest.config.mjs', import.meta.url))
const jest = ['node_modules/jest/bin/jest.js', '--runInBand', '--json', `--config=${config}`]

describe('two suites in one process', () => {
  it('do not find what the other has left in globals, in the process, in mocks and in packages', async () => {
    const stdout = await run(process.execPath, ['--experimental-vm-modules', ...jest])
    expect(JSON.parse(stdout)).toMatchObject({ numPassedTests: 2, numTotalTests: 2 })
  })
})
