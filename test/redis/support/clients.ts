import { randomBytes } from 'node:crypto'
import { afterAll } from '@jest/globals'
import { createClient, createCluster } from 'redis'

type ClientOptions = NonNullable<Parameters<typeof createClient>[0]>

const closers: (() => unknown)[] = []

afterAll(async () => {
  for (const close of closers.splice(0).toReversed()) await close()
})

export function closeAtEnd(close: () => unknown): void {
  closers.push(close)
}

/** A connected client, closed after the file. What it has to say of outages is for the app, and of no interest here. */
export async function connect(url: string, options: ClientOptions = {}) {
  const client = createClient({ url, ...options })
  client.on('error', () => undefined)
  closers.push(() => client.destroy())
  await client.connect()
  return client
}

export async function connectCluster(urls: readonly string[], options: object = {}) {
  const cluster = unconnectedCluster(urls, options)
  await cluster.connect()
  return cluster
}

export function unconnectedCluster(urls: readonly string[], options: object = {}) {
  const cluster = createCluster({ rootNodes: urls.map((url) => ({ url })), ...options })
  cluster.on('error', () => undefined)
  closers.push(() => cluster.destroy())
  return cluster
}

/** A prefix that no other run has, whose keys are gone after the file. */
export function ownPrefix(url: string): string {
  const prefix = `test-${randomBytes(6).toString('hex')}:`
  closers.push(async () => {
    const client = await createClient({ url }).connect()
    for await (const keys of client.scanIterator({ MATCH: `${prefix}*`, COUNT: 1000 })) {
      if (keys.length > 0) await client.del(keys)
    }
    client.destroy()
  })
  return prefix
}
