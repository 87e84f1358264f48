import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Starts a Redis in a folder of its own, which ends with this process. Resolves to its URL. */
export async function startRedis(program) {
  const port = await freePort()
  const folder = mkdtempSync(join(tmpdir(), 'nest-jwt-auth-redis-'))
  const settings = [
    '--port',
    port,
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]
  const server = spawn(program, settings.map(String), { stdio: ['ignore', 'pipe', 'ignore'] })
  process.once('exit', () => {
    server.kill('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  for await (const text of server.stdout) {
    if (String(text).includes('Ready to accept connections')) break
  }
  if (server.exitCode !== null) throw new Error(`${program} ended (${server.exitCode})`)
  // The server does not keep this process alive.
  server.unref()
  return `redis://127.0.0.1:${port}`
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
