import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))
const STOP_WITHIN = 10_000 // milliseconds

/** The real thing, `node dist/main.js`, as a process of its own. */
export class ShopProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** Resolves once it listens; where it does not, it says why on stderr itself. `signal` ends it early. */
  static async start(env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<ShopProcess> {
    const child = spawn(process.execPath, [MAIN], { env, signal, stdio: ['ignore', 'pipe', 'inherit'] })
    const url = await new Promise<string>((resolve, reject) => {
      let said = ''
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text
        const address = /http:\/\/\S+(?=\s)/.exec(said)?.[0]
        if (address) resolve(address)
      })
      child.on('error', () => {}) // interrupted: its exit is yet to come
      child.once('exit', () => reject(new Error('The shop did not start.')))
    })
    return new ShopProcess(child, url)
  }

  /** How it ended when asked to: 0 where all went well. */
  async stop(): Promise<number | string> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      const ended = once(this.child, 'exit')
      const overdue = setTimeout(() => this.child.kill('SIGKILL'), STOP_WITHIN)
      this.child.kill('SIGTERM')
      await ended
      clearTimeout(overdue)
    }
    return this.child.exitCode ?? this.child.signalCode ?? 'unknown'
  }
}
