import { once } from 'node:events'
import { createServer } from 'node:net'
import { codeOf } from './error-code.js'
import type { Settings } from './settings.js'
import { StartError } from './start.error.js'

type Address = Pick<Settings, 'host' | 'port'>

/** Asked before the database is opened: the port may well be held by another shop on the same data. */
export async function ensurePortIsFree({ host, port }: Address): Promise<void> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
  } catch (error) {
    throw cannotListen(error, { host, port })
  }
  await new Promise((resolve) => server.close(resolve))
}

/** One line for what keeps the app from listening. */
export function cannotListen(error: unknown, { host, port }: Address): StartError {
  return new StartError(
    codeOf(error) === 'EADDRINUSE'
      ? `Port ${port} is in use on ${host}: end what is using it, or set PORT to another.`
      : `Cannot listen on port ${port} of ${host}: ${error instanceof Error ? error.message : String(error)}`,
  )
}
