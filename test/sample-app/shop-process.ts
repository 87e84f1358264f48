import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { childEnvironment, workspaceRoot } from '../support/run.js'
import type { Environment } from './shop.js'

const dist = join(workspaceRoot, 'sample-app', 'dist')
const compileWasmFast = new URL('../support/compile-wasm-fast.cjs', import.meta.url).href

/** One of the sample app's programs, as built, in a process of its own. */
export class ShopProcess {
  private static readonly running = new Set<ShopProcess>()

  stdout = ''
  stderr = ''
  private readonly child: ChildProcess
  /** The exit code; where a signal ended it, the signal. */
  readonly ended: Promise<number | string>

  constructor(
    program: 'main.js' | 'demo/main.js' | 'rotate.js',
    env: Environment,
    commandLine: (node: string, file: string) => [string, ...string[]] = (node, file) => [node, file],
  ) {
    const [command, ...args] = commandLine(process.execPath, join(dist, program))
    this.child = spawn(command, args, {
      env: {
        ...childEnvironment,
        NODE_OPTIONS: `${childEnvironment['NODE_OPTIONS'] ?? ''} --import ${compileWasmFast}`,
        NODE_ENV: 'development',
        DATABASE_URL: '',
        REDIS_URL: '',
        AUTH_MODE: '',
        PORT: '0',
        ...env,
      },
    })
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text))
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text))
    ShopProcess.running.add(this)
    this.ended = once(this.child, 'close').then(() => {
      ShopProcess.running.delete(this)
      return this.child.exitCode ?? this.child.signalCode ?? 'unknown'
    })
  }

  /** Whatever a test that failed has left. */
  static async endAll(): Promise<void> {
    for (const shop of ShopProcess.running) shop.child.kill('SIGKILL')
    await Promise.all([...ShopProcess.running].map(({ ended }) => ended))
  }

  /** The port that it listens on, once it says so. */
  async port(): Promise<number> {
    return Number(await this.printed(/http:\/\/127\.0\.0\.1:(\d+) /))
  }

  /** What `pattern` captures, once it is printed. */
  async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.stdout)
      if (found) return found[1] ?? ''
      if (this.child.exitCode !== null || this.child.signalCode !== null)
        throw new Error(`The shop did not start, or has ended.\n${this.stdout}${this.stderr}`)
      const next = this.child.stdout ? once(this.child.stdout, 'data') : this.ended
      await Promise.race([next, this.ended])
    }
  }

  stop(): Promise<number | string> {
    this.child.kill('SIGTERM')
    return this.ended
  }

  /** The commands that the banner offers. */
  get commands(): string[] {
    return this.stdout.split('\n').filter((line) => line.includes('curl '))
  }
}
