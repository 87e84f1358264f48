import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { childEnvironment } from '../../support/run.js'
import type { AppSettings, FromProcess, Question, Reply, ToProcess } from '../app/messages.js'

/** A reply of a process that is gone. */
const GONE: FromProcess = { id: 0, reply: { kind: 'unknown' } }

type Message = ToProcess extends infer M ? (M extends ToProcess ? Omit<M, 'id'> : never) : never

/** One of several processes of the same app, which may be killed and started again. */
export class AppProcess {
  private child: ChildProcess | undefined
  private readonly waiting = new Map<number, (message: FromProcess) => void>()
  private last = 0

  constructor(
    readonly name: string,
    private readonly entry: string,
  ) {}

  get isRunning(): boolean {
    return this.child !== undefined
  }

  async launch(): Promise<void> {
    const child = fork(this.entry, { env: childEnvironment, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    child.on('message', (message: FromProcess) => this.receive(message))
    child.on('error', () => undefined)
    child.once('exit', () => this.ended(child))
    await new Promise<void>((resolve, reject) => {
      this.waiting.set(0, () => resolve())
      child.once('exit', (code) => reject(new Error(`${this.entry} ended (${code}) and never started`)))
    })
    this.child = child
  }

  async start(settings: AppSettings, url: string): Promise<void> {
    await this.send({ kind: 'start', settings, url })
  }

  async setClock(ahead: number): Promise<void> {
    await this.send({ kind: 'clock', ahead })
  }

  async ask(question: Question): Promise<Reply> {
    return this.send({ kind: 'ask', question })
  }

  /** As the machine does when it runs out of memory. */
  async kill(): Promise<void> {
    const { child } = this
    if (child === undefined) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  pause(): void {
    this.child?.kill('SIGSTOP')
  }

  resume(): void {
    this.child?.kill('SIGCONT')
  }

  private async send(message: Message): Promise<Reply> {
    const id = ++this.last
    const { child } = this
    const { reply, failure } = await new Promise<FromProcess>((resolve) => {
      if (child === undefined) return resolve(GONE)
      this.waiting.set(id, resolve)
      child.send({ ...message, id }, (error) => error && this.receive({ ...GONE, id }))
    })
    if (failure !== undefined) throw new Error(`${this.name} failed: ${failure}`)
    return reply
  }

  private receive(message: FromProcess): void {
    const resolve = this.waiting.get(message.id)
    this.waiting.delete(message.id)
    resolve?.(message)
  }

  private ended(child: ChildProcess): void {
    if (this.child !== child) return
    this.child = undefined
    for (const id of this.waiting.keys()) this.receive({ ...GONE, id })
  }
}
