import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from '@jest/globals'
import { isFuzzing } from '../security/fuzz.js'
import { run } from '../support/run.js'
import { describeWith } from '../support/services.js'

const model = fileURLToPath(new URL('rotation.pml', import.meta.url))

/** Faults that rotation.pml can have, and the words of the property that each breaks. */
const faults = {
  NO_COMPARE: /successor/,
  SECOND_SUCCESSOR: /successor/,
  GRACE_ENDS_NEVER: /staleBefore/,
  REUSE_FORGIVEN: /staleBefore.*live/,
  'GRACE_JUDGED_TWICE -DALONE': /stolen/,
  'NO_DEADLINE -DALONE': /stolen/,
  REVOKE_FORGETS: /live.*ended/,
  ENDED_COMES_BACK: /live.*ended/,
  NO_TIMEOUT: /invalid end state/,
}

/** Sizes that take minutes, and gigabytes. */
const large = ['-DSESSIONS=1 -DTOKENS=4', '-DSESSIONS=2 -DTOKENS=3', '-DSESSIONS=2 -DTOKENS=3 -DGRACE=0']

describeWith('spin', 'the rules of rotation and revocation, in every order of steps', (spin) => {
  /** What the checker, which spin writes in C, says about the model with these definitions. */
  async function check(definitions: string, optimize: string): Promise<string> {
    const compressed = definitions.includes('TOKENS') ? ['-DCOLLAPSE'] : []
    const cwd = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-spin-'))
    try {
      await run(spin, ['-a', ...definitions.split(' '), model], cwd)
      await run(
        'gcc',
        [optimize, '-w', '-DSAFETY', '-DMEMLIM=8000', ...compressed, '-o', 'pan', 'pan.c'],
        cwd,
      )
      return await run(join(cwd, 'pan'), ['-m1000000', '-w22'], cwd)
    } finally {
      await rm(cwd, { recursive: true, force: true })
    }
  }

  it.each(['-DGRACE=1', '-DGRACE=0', ...(isFuzzing ? large : [])])('hold with %s', async (definitions) => {
    const said = await check(definitions, '-O1')
    expect(said).toContain('errors: 0')
    // The search neither ran out of memory nor reached its greatest depth.
    expect(said).not.toMatch(/max search depth too small|search not completed|out of memory/i)
  })

  describe('are broken, and that is found, by', () => {
    it.each(Object.entries(faults))('%s', async (fault, property) => {
      const said = await check(`-D${fault}`, '-O0')
      expect(said).toContain('errors: 1')
      expect(said.split('\n').find((line) => line.startsWith('pan:1:'))).toMatch(property)
    })
  })
})
