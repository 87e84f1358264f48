import { createClient } from 'redis'
import { RedisServer } from './redis-server.js'

const SLOTS = 16_384

/** Three primaries of the test's own that share the slots. */
export async function startCluster(): Promise<readonly RedisServer[]> {
  const settings = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000', '--appendonly', 'no']
  const servers = await Promise.all([1, 2, 3].map(() => RedisServer.start(...settings)))
  await Promise.all(servers.map((server, index) => join(server, index, servers)))
  await Promise.all(servers.map(isReady))
  return servers
}

async function join(server: RedisServer, index: number, all: readonly RedisServer[]): Promise<void> {
  const [first, last] = [index, index + 1].map((part) => Math.ceil((part * SLOTS) / all.length))
  await command(server, 'CLUSTER', 'SET-CONFIG-EPOCH', String(index + 1))
  await command(server, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String(Number(last) - 1))
  for (const { port } of all) await command(server, 'CLUSTER', 'MEET', '127.0.0.1', String(port))
}

/** Nodes tell one another about themselves; until all know of all, none serves. */
async function isReady(server: RedisServer): Promise<void> {
  for (;;) {
    const info = await command(server, 'CLUSTER', 'INFO')
    if (/cluster_state:ok/.test(info) && /cluster_known_nodes:3/.test(info)) return
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
