import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chown, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../support/run.js'

interface Owner {
  uid?: number
  gid?: number
}

/** A PostgreSQL of a test's own, to be stopped, started, and made to hang. `bin` is where its programs are. */
export class PostgresServer {
  private server: ChildProcess | undefined

  private constructor(
    private readonly bin: string,
    private readonly folder: string,
    private readonly owner: Owner,
    private readonly port: number,
    private readonly env: Record<string, string>,
  ) {}

  /** `env`: additional environment variables of the server. */
  static async create(bin: string, env: Record<string, string> = {}): Promise<PostgresServer> {
    const folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-postgres-'))
    const owner = await ownerOfServers()
    if (owner.uid !== undefined && owner.gid !== undefined) await chown(folder, owner.uid, owner.gid)
    const server = new PostgresServer(bin, folder, owner, await freePort(), env)
    await server.initialize()
    await server.start()
    return server
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`
  }

  /** Resolves once it takes connections. */
  async start(): Promise<void> {
    const settings = ['-D', this.folder, '-p', String(this.port), '-k', this.folder, '-h', '127.0.0.1']
    const server = spawn(join(this.bin, 'postgres'), settings, {
      ...this.owner,
      env: { ...process.env, ...this.env },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.server = server
    let log = ''
    await new Promise<void>((ready, reject) => {
      server.stderr?.on('data', (text) => {
        log += String(text)
        if (log.includes('ready to accept connections')) ready()
      })
      server.once('error', reject)
      server.once('exit', () => reject(new Error(`postgres has ended\n${log}`)))
    })
  }

  /** Hangs up on everybody, without waiting for anyone. */
  async stop(): Promise<void> {
    await this.end('SIGINT')
  }

  /** Leaves everything as it lies. */
  async crash(): Promise<void> {
    await this.end('SIGQUIT')
  }

  /** From now on it holds its connections, and answers nothing. */
  async freeze(): Promise<void> {
    // First the one that makes others.
    this.server?.kill('SIGSTOP')
    await this.signal('SIGSTOP')
  }

  async thaw(): Promise<void> {
    await this.signal('SIGCONT')
  }

  async remove(): Promise<void> {
    await this.thaw()
    await this.end('SIGQUIT')
    await rm(this.folder, { recursive: true, force: true })
  }

  private async initialize(): Promise<void> {
    const args = ['-D', this.folder, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
    const initdb = spawn(join(this.bin, 'initdb'), args, {
      ...this.owner,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    let log = ''
    initdb.stderr?.on('data', (text) => (log += String(text)))
    const [code] = await once(initdb, 'close')
    if (code !== 0) throw new Error(`initdb has failed\n${log}`)
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const { server } = this
    if (server?.exitCode !== null || server.signalCode !== null) return
    const ended = once(server, 'exit')
    server.kill(signal)
    await ended
  }

  private async signal(signal: NodeJS.Signals): Promise<void> {
    for (const pid of await this.processes()) {
      try {
        process.kill(pid, signal)
      } catch (error) {
        // A child may end between the listing and the signal.
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
      }
    }
  }

  /** The server, and its children, who each serve one connection. */
  private async processes(): Promise<number[]> {
    const pid = this.server?.pid
    if (pid === undefined || this.server?.exitCode !== null) return []
    const all = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
    const parents = await Promise.all(
      all.map(async (child) => [Number(child), await parentOf(child)] as const),
    )
    return [pid, ...parents.flatMap(([child, parent]) => (parent === pid ? [child] : []))]
  }
}

/** What follows the program's name, which may hold anything, in `/proc/<pid>/stat`: its state and its parent. */
async function parentOf(pid: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1])
}

/** PostgreSQL refuses to be run by root. */
async function ownerOfServers(): Promise<Owner> {
  if (process.getuid?.() !== 0) return {}
  const [uid, gid] = await Promise.all(['-u', '-g'].map((option) => run('id', [option, 'postgres'])))
  return { uid: Number(uid), gid: Number(gid) }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}
