import { setTimeout as sleep } from 'node:timers/promises'
import { pick } from '../clients/random.js'
import type { Cluster } from './cluster.js'
import type { Server } from './servers.js'

/** What goes wrong while the clients go on. */
export interface Place {
  readonly cluster: Cluster
  readonly server: Server
  readonly random: () => number
  /** The server has lost all that it had, once between these times. */
  readonly onLoss: (start: number, end: number) => void
}

/** Milliseconds. Shorter and longer than the time-out of the store. */
const SHORTEST = 20
const LONGEST = 500

/** Resolves when all is well again. */
export const faults = {
  none: () => Promise.resolve(),

  'server paused': async ({ server, random }: Place) => {
    await server.pause()
    await someTime(random)
    await server.resume()
  },

  'server crashed': async ({ server, random, onLoss }: Place) => {
    const start = performance.now()
    await server.crash()
    if (random() < 0.5) await someTime(random)
    await server.launch()
    if (server.isForgetful) onLoss(start, performance.now())
  },

  'lines cut': async ({ cluster, random }: Place) => {
    const lines = some(random, cluster.processes).map((at) => cluster.lineOf(at))
    await Promise.all(lines.map((line) => line.cut()))
    await someTime(random)
    await Promise.all(lines.map((line) => line.join()))
  },

  'processes killed': async ({ cluster, random }: Place) => {
    for (const at of some(random, cluster.processes).slice(0, 2)) {
      await cluster.processes[at]?.kill()
      await sleep(random() * SHORTEST)
    }
  },

  'processes paused': async ({ cluster, random }: Place) => {
    const paused = some(random, cluster.processes)
      .slice(0, 2)
      .flatMap((at) => cluster.processes[at] ?? [])
    for (const process of paused) process.pause()
    await someTime(random)
    for (const process of paused) process.resume()
  },

  /** By up to an hour, forth and back. */
  'server clock set': async ({ server, random }: Place) => {
    for (let turn = 0; turn < 4; turn++) {
      await server.setClock?.(Math.round((random() - 0.5) * 7200))
      await sleep(random() * 2 * SHORTEST)
    }
    await server.setClock?.(0)
  },

  /** Less apart than the 5 seconds that a token may come from the future; mostly by little. */
  'clocks set': async ({ cluster, random }: Place) => {
    for (let turn = 0; turn < 4; turn++) {
      const process = pick(random, cluster.processes)
      await process?.setClock(Math.round((random() - 0.5) * 4000 * random() ** 2))
      await sleep(random() * SHORTEST)
    }
  },
} satisfies Record<string, (place: Place) => Promise<void>>

export type Fault = keyof typeof faults

/** What can happen to a server and its clients. */
export function faultsOf(server: Server): readonly Fault[] {
  const all = Object.keys(faults) as readonly Fault[]
  return all.filter((fault) => (fault === 'server clock set') === (server.setClock !== undefined))
}

function someTime(random: () => number): Promise<void> {
  return sleep(SHORTEST + random() * random() * (LONGEST - SHORTEST))
}

/** At least one position of a list, often all. */
function some(random: () => number, list: readonly unknown[]): readonly number[] {
  const first = Math.floor(random() * list.length)
  return list.flatMap((_, at) => (at === first || random() < 0.5 ? [at] : []))
}
