import { once } from 'node:events'
import { createServer } from 'node:net'
import { codeOf, StartError } from '../errors.js'
import type { Settings } from '../settings.js'

/** Checked before the database is opened: the port is often held by another shop on the same data folder. */
export async function ensurePortIsFree({ host, port }: Settings): Promise<void> {
  const server = createServer()
  try {
    await once(server.listen(port, host), 'listening')
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw error
    throw new StartError(
      `Port ${port} is in use on ${host}. Stop the process that uses it, or set PORT to another port.`,
    )
  }
  await new Promise((resolve) => server.close(resolve))
}
