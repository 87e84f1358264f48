import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from '@jest/globals'

const program = process.env['REDIS_SERVER_PATH'] ?? 'redis-server'

/** A Redis of the test's own, on a free port of the loopback interface, gone with its folder after the file. */
export class RedisServer {
  private process: ChildProcess | undefined
  private folder = ''

  private constructor(
    readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  static async start(...settings: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), settings)
    server.folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-redis-'))
    afterAllServers.push(() => server.remove())
    await server.launch()
    return server
  }

  get pid(): number {
    return this.process?.pid ?? 0
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`
  }

  /** Starts it, on its old port and with its old folder, and waits until it is ready. */
  async launch(): Promise<void> {
    const usual = ['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.folder, '--save', '']
    const started = spawn(program, [...usual, ...this.settings], { stdio: ['ignore', 'pipe', 'inherit'] })
    this.process = started
    let output = ''
    for await (const text of started.stdout) {
      output += String(text)
      if (output.includes('Ready to accept connections')) break
    }
    if (!output.includes('Ready to accept connections'))
      throw new Error(`${program} did not start\n${output}`)
  }

  /** Ends it as a power failure does. */
  async kill(): Promise<void> {
    const { process: running } = this
    this.process = undefined
    if (running === undefined || running.exitCode !== null) return
    const closed = once(running, 'exit')
    running.kill('SIGKILL')
    await closed
  }

  /** Lets it hang: connections stay, and nothing answers. */
  pause(): void {
    this.process?.kill('SIGSTOP')
  }

  resume(): void {
    this.process?.kill('SIGCONT')
  }

  private async remove(): Promise<void> {
    await this.kill()
    await rm(this.folder, { recursive: true, force: true })
  }
}

const afterAllServers: (() => Promise<void>)[] = []

afterAll(async () => {
  await Promise.all(afterAllServers.splice(0).map((remove) => remove()))
})

/** Free for a cluster's bus too, which Redis has 10,000 above. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 30_000)
    if ((await isFree(port)) && (await isFree(port + 10_000))) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
    return true
  } catch {
    return false
  } finally {
    server.close()
  }
}
