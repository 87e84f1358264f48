import type { AppSettings } from '../app/messages.js'
import { pick, randomFrom } from '../clients/random.js'
import { type Fault, faultsOf } from './faults.js'
import type { Round } from './round.js'
import type { Server } from './servers.js'

/** A server, and what goes wrong. */
export type Place = Pick<Round, 'server' | 'fault'>

/** Milliseconds. */
const TIMEOUT = 300
const GRACES = [0, 150, 60_000]
const STALENESS = [0, 0, 100, 1000]

/** Every server with each of its faults, or with those of a list. */
export function placesOf(servers: readonly Server[], only?: readonly Fault[]): readonly Place[] {
  return servers.flatMap((server) =>
    faultsOf(server)
      .filter((fault) => only?.includes(fault) ?? true)
      .map((fault) => ({ server, fault })),
  )
}

/** The round with this seed: every server meets each of its faults in turn, and the settings vary. */
export function planRound(seed: number, places: readonly Place[], subjects: number): Round {
  const random = randomFrom(seed)
  const place = places[seed % places.length]
  if (place === undefined) throw new RangeError('There is no server.')
  const { server, fault } = place
  const settings: AppSettings = {
    store: server.store,
    grace: pick(random, GRACES) ?? 0,
    maxStaleness: pick(random, STALENESS) ?? 0,
    isWatched: random() < 0.3,
    timeout: TIMEOUT,
  }
  return { seed, server, settings, fault, subjects }
}
