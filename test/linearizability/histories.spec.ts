import { writeFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { describeWith } from '../support/services.js'
import type { Planted } from './app/messages.js'
import { Cluster } from './cluster/cluster.js'
import type { Fault } from './cluster/faults.js'
import { placesOf, planRound } from './cluster/plan.js'
import { runRound } from './cluster/round.js'
import { type OwnServers, startServers } from './cluster/servers.js'
import { Tally } from './cluster/tally.js'

/** `npm run linearizability` sets it: how many histories there are. */
const WANTED = Number(process.env['HISTORIES'] ?? 0)
const FIRST_SEED = Number(process.env['SEED'] ?? 0)
/** After so many minutes no other round is begun. */
const MINUTES = Number(process.env['MINUTES'] ?? 60)

/** In `npm test`, which has no time for pauses. */
const SHORT: readonly Fault[] = ['none', 'server crashed', 'lines cut']

const planted: readonly Planted[] = ['early answer', 'no comparison', 'lost login', 'old answers']

describeWith('postgres-server', 'four processes on one Redis and one PostgreSQL', (bin) => {
  describeWith('redis-server', 'while something goes wrong', () => {
    let cluster: Cluster
    let servers: OwnServers

    beforeAll(async () => {
      ;[cluster, servers] = await Promise.all([Cluster.start(), startServers(bin, WANTED > 0)])
    })

    afterAll(async () => {
      await cluster.stop()
      await servers.remove()
    })

    it('one order of events explains what all clients saw', async () => {
      const tally = new Tally()
      const places = placesOf(servers.all, WANTED > 0 ? undefined : SHORT)
      const histories = WANTED > 0 ? WANTED : 4 * places.length
      for (let seed = FIRST_SEED; tally.histories < histories && tally.seconds < 60 * MINUTES; seed++) {
        const round = planRound(seed, places, WANTED > 0 ? 12 : 4)
        tally.add(round, await runRound(cluster, round))
        if (WANTED > 0 && seed % 10 === 9) process.stdout.write(`Seed ${seed}: ${tally.summary}\n`)
      }
      if (WANTED > 0) await report(tally)

      expect(tally.failures).toEqual([])
      expect(tally.answered).toBeGreaterThan(tally.histories)
    })

    describe('a fault that is planted is found', () => {
      it.each(planted)('%s', async (fault) => {
        const tally = new Tally()
        for (let seed = FIRST_SEED; tally.failures.length === 0; seed++) {
          const { settings, ...round } = planRound(seed, placesOf(servers.all, ['none']), 4)
          const faulty = { ...round, settings: { ...settings, maxStaleness: 0, planted: fault } }
          tally.add(faulty, await runRound(cluster, faulty))
        }
        if (WANTED > 0) process.stdout.write(`${fault}: ${tally.failures[0]}\n`)

        expect(tally.failures[0]).toContain('No order of these calls explains their answers')
      })
    })
  })
})

async function report(tally: Tally): Promise<void> {
  process.stdout.write(`${tally.table}\n`)
  const { EVIDENCE_FILE } = process.env
  if (EVIDENCE_FILE !== undefined) await writeFile(EVIDENCE_FILE, JSON.stringify(tally.evidence))
}
