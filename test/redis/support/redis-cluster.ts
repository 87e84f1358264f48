import { setTimeout as pass } from 'node:timers/promises'
import { createClient } from 'redis'
import { RedisServer } from './redis-server.js'

const SLOTS = 16_384
const CLUSTER = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--appendonly', 'no']
// A replica gets its copy at once, is named to clients a second later, and never takes over from a primary.
const REPLICATED = [
  '--repl-diskless-sync-delay',
  '0',
  '--repl-ping-replica-period',
  '1',
  '--cluster-replica-no-failover',
  'yes',
]

/** Three primaries of the test's own that share the slots. */
export async function startCluster(): Promise<readonly RedisServer[]> {
  const primaries = await startPrimaries()
  await Promise.all(primaries.map((server) => isReady(server, primaries)))
  return primaries
}

/** The same, and of each primary a replica that has all that it has. */
export async function startClusterWithReplicas() {
  const [primaries, replicas] = await Promise.all([startPrimaries(), startThree()])
  await Promise.all(replicas.map((replica, index) => follow(replica, primaries[index]!)))
  const all = [...primaries, ...replicas]
  await Promise.all(all.map((server) => isReady(server, all)))
  return { primaries, replicas }
}

async function startPrimaries(): Promise<readonly RedisServer[]> {
  const servers = await startThree()
  // All of them before the first meets another: then it would not take a number any more.
  await Promise.all(servers.map((server, index) => giveSlots(server, index, servers.length)))
  await Promise.all(servers.map((server) => meet(server, servers)))
  return servers
}

function startThree(): Promise<readonly RedisServer[]> {
  return Promise.all([1, 2, 3].map(() => RedisServer.start(...CLUSTER, ...REPLICATED)))
}

async function giveSlots(server: RedisServer, index: number, count: number): Promise<void> {
  const [first, last] = [index, index + 1].map((part) => Math.ceil((part * SLOTS) / count))
  await command(server, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  await command(server, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(Number(last) - 1))
}

async function meet(server: RedisServer, all: readonly RedisServer[]): Promise<void> {
  for (const { port } of all) await command(server, 'CLUSTER', 'MEET', '127.0.0.1', String(port))
}

/** Makes it a replica as soon as it has heard of the primary, and waits until it has copied everything. */
async function follow(replica: RedisServer, primary: RedisServer): Promise<void> {
  const id = await command(primary, 'CLUSTER', 'MYID')
  await meet(replica, [primary])
  await until(async () => (await command(replica, 'CLUSTER', 'NODES')).includes(id))
  await command(replica, 'CLUSTER', 'REPLICATE', id)
  await until(async () => (await command(replica, 'INFO', 'replication')).includes('master_link_status:up'))
}

/** Nodes tell one another about themselves; until each would name all of them to a client, not all are used. */
function isReady(server: RedisServer, all: readonly RedisServer[]): Promise<void> {
  return until(async () => {
    const info = await command(server, 'CLUSTER', 'INFO')
    const named = (await command(server, 'CLUSTER', 'SLOTS')).split(',')
    return info.includes('cluster_state:ok') && all.every(({ port }) => named.includes(String(port)))
  })
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  const latest = performance.now() + 600_000
  while (!(await isSo())) {
    if (performance.now() > latest) throw new Error('The nodes of the cluster have not found one another.')
    await pass(10)
  }
}

/** One command to one server, on a connection of its own. */
export async function command(server: RedisServer, ...args: string[]): Promise<string> {
  const client = await createClient({ url: server.url }).connect()
  try {
    const reply: unknown = await client.sendCommand(args)
    return Array.isArray(reply) ? reply.join() : (reply as string)
  } finally {
    client.destroy()
  }
}
