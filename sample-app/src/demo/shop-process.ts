import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

const MAIN = fileURLToPath(new URL('../main.js', import.meta.url))
const STOP_WITHIN = 30_000 // milliseconds

/** The shop as it is started by hand, `node dist/main.js`, in its own process. */
export class ShopProcess {
  url = ''
  private child: ChildProcess | undefined
  private output = ''

  /** `interrupted` ends the process early. */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly interrupted: AbortSignal,
  ) {}

  /** Resolves when the shop listens. If it cannot start, it says why on stderr itself. */
  async start(): Promise<void> {
    const { env, interrupted: signal } = this
    const child = spawn(process.execPath, [MAIN], { env, signal, stdio: ['ignore', 'pipe', 'inherit'] })
    child.on('error', () => {}) // interrupted: its exit follows
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    this.child = child
    this.output = ''
    this.url = await this.printed(/http:\/\/\S+(?=\s)/)
  }

  /** The text of the newest mail to `user`, which the shop prints. */
  async mailTo(user: string): Promise<string> {
    const mail = await this.printed(new RegExp(`mail to ${user}: .*\n`))
    return mail.trimEnd().split(': ').at(-1) ?? ''
  }

  /** Asks it to end. Answers its exit code, which is 0 if all went well. */
  async stop(): Promise<number | string> {
    const { child } = this
    if (child && isRunning(child)) {
      const overdue = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN)
      child.kill('SIGTERM')
      await once(child, 'exit')
      clearTimeout(overdue)
    }
    return child?.exitCode ?? child?.signalCode ?? 'unknown'
  }

  private async printed(pattern: RegExp): Promise<string> {
    for (;;) {
      const found = pattern.exec(this.output)?.[0]
      if (found !== undefined) return found
      const { child } = this
      if (!child?.stdout || !isRunning(child)) throw new Error('The shop did not start, or has ended.')
      await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    }
  }
}

function isRunning({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode === null && signalCode === null
}
