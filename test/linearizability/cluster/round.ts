import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { AppSettings } from '../app/messages.js'
import { type Rules, SLACK } from '../checker/history.js'
import { lastTokensOf, listSessions } from '../clients/choose.js'
import { pick, randomFrom } from '../clients/random.js'
import { type Ask, Recorder } from '../clients/recorder.js'
import type { Cluster } from './cluster.js'
import { type Fault, faults } from './faults.js'
import type { Server } from './servers.js'

/** Some subjects at the same time, on one server with one fault. Each is a history of its own. */
export interface Round {
  readonly seed: number
  readonly server: Server
  readonly settings: AppSettings
  readonly fault: Fault
  readonly subjects: number
}

const CLIENTS = ['c1', 'c2', 'c3']
const CALLS = 7
const MOST_CALLS = 14
const LAST_CALLS = 3
/** Milliseconds between two calls of a client, at most; after a failure it waits longer. */
const PAUSE = 25
const LONG_PAUSE = 120

export function rulesOf({ settings: { grace, maxStaleness }, fault }: Round): Rules {
  return { grace, maxStaleness, isServerClockSet: fault === 'server clock set' }
}

/** Resolves to what the clients of each subject recorded. */
export async function runRound(cluster: Cluster, round: Round): Promise<readonly Recorder[]> {
  const { seed, server, settings, fault, subjects } = round
  const random = randomFrom(seed)
  await cluster.use(server, settings)
  const recorders = Array.from({ length: subjects }, (_, at) => new Recorder(`user-${randomUUID()}-${at}`))
  const ask = asker(cluster, round, random)
  const onLoss = (start: number, end: number) => recorders.forEach((recorder) => recorder.lost(start, end))
  let isWell = false
  const goWrong = async () => {
    await sleep(random() * CALLS * PAUSE * 0.5)
    await faults[fault]({ cluster, server, random, onLoss })
    isWell = true
  }
  const live = (recorder: Recorder) =>
    CLIENTS.map((client) => runClient(recorder, client, random, ask, () => isWell))
  await Promise.all([goWrong(), ...recorders.flatMap(live)])
  await Promise.all(recorders.map((recorder) => lookAtLast(recorder, ask)))
  return recorders
}

/** Asks one of the processes that run. */
function asker(cluster: Cluster, round: Round, random: () => number): Ask {
  return async (question) => {
    const process =
      pick(
        random,
        cluster.processes.filter(({ isRunning }) => isRunning),
      ) ?? cluster.processes[0]
    if (process === undefined) throw new Error('The cluster has no process.')
    const reply = await process.ask(question)
    if (reply.kind !== 'unknown') return { process: process.name, reply }
    // What a killed process has sent to the store is refused there after the time-out, by the clock there.
    const rest = process.isRunning ? 0 : round.settings.timeout
    if (rulesOf(round).isServerClockSet === true) return { process: process.name, reply, decided: Infinity }
    return { process: process.name, reply, decided: performance.now() + rest + SLACK }
  }
}

/** Some calls, the last of them when all is well again. */
async function runClient(
  recorder: Recorder,
  client: string,
  random: () => number,
  ask: Ask,
  isWell: () => boolean,
): Promise<void> {
  let after = 0
  for (let call = 0; call < CALLS || (after < LAST_CALLS && call < MOST_CALLS); call++) {
    await sleep(random() * PAUSE)
    if (isWell()) after++
    const isKnown = await recorder.random(client, random, ask)
    if (!isKnown) await sleep(random() * LONG_PAUSE)
  }
}

/** When all is well again, what is there, and what the last tokens are worth. */
async function lookAtLast(recorder: Recorder, ask: Ask): Promise<void> {
  const { subject, wallet } = recorder
  await recorder.record('end', () => listSessions(subject), ask)
  for (const choice of lastTokensOf(wallet)) await recorder.record('end', () => choice, ask)
}
