import type { Question, Reply } from '../app/messages.js'
import { type Call, type History, sessionOf } from '../checker/history.js'
import { type Choice, choose } from './choose.js'
import { Wallet } from './wallet.js'

/** Asks a process. `decided`: until when the process may judge a refresh token, if that is later than the reply. */
export type Ask = (
  question: Question,
) => Promise<{ readonly process: string; readonly reply: Reply; readonly decided?: number | undefined }>

/** Records what the clients of one subject ask, with one clock for all. */
export class Recorder {
  readonly wallet = new Wallet()
  private readonly calls: Call[] = []
  private last = 0

  constructor(
    readonly subject: string,
    private readonly now: () => number = () => performance.now(),
  ) {}

  get history(): History {
    return this.calls.toSorted((a, b) => a.start - b.start)
  }

  /** The server lost all that it had, once between these times. */
  lost(start: number, end: number): void {
    const id = ++this.last
    const request = { kind: 'loss' } as const
    this.calls.push({ id, client: '-', process: 'server', request, answer: { kind: 'done' }, start, end })
  }

  /** Returns whether the answer is known. */
  async random(client: string, random: () => number, ask: Ask): Promise<boolean> {
    return this.record(client, (id) => choose(random, this.subject, this.wallet, id), ask)
  }

  async record(client: string, choice: (id: number) => Choice, ask: Ask): Promise<boolean> {
    const id = ++this.last
    const { request, question } = choice(id)
    const start = this.now()
    const { process, reply, decided } = await ask(question)
    const end = Math.max(this.now(), decided ?? 0)
    const session = sessionOf({ id, request })
    const answer = this.wallet.keep(id, session, reply)
    this.calls.push({ id, client, process, request, answer, start, end })
    return answer.kind !== 'unknown'
  }
}
