import { randomBytes } from 'node:crypto'
import {
  InMemorySessionStore,
  type JwtAuthExtras,
  JwtAuthModule,
  type JwtAuthOptions,
  type LookUpInput,
  type LookUpResult,
  type LookUpTokensInput,
  type LookUpTokensResult,
  OpenConnections,
  TokenService,
} from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { startModule } from '../support/adapters.js'

/** Counts what it is asked; may fail, answer late, and tell of changes. */
export class CountingStore extends InMemorySessionStore {
  asked: string[] = []
  /** What it was asked about the tokens of open connections. */
  readonly questions: Omit<LookUpTokensInput, 'now'>[] = []
  failing = false
  atOnce = 0
  most = 0
  watching = 0
  tell: (subject: string | undefined) => void = () => undefined
  /** While it is set, questions are answered after this is resolved with what was known before. */
  gate: Promise<void> | undefined

  override lookUp(input: LookUpInput): Promise<LookUpResult> {
    return this.answer(input.subject, () => super.lookUp(input))
  }

  override lookUpTokens(input: LookUpTokensInput): Promise<LookUpTokensResult> {
    const { now: _now, ...question } = input
    this.questions.push(question)
    return this.answer(input.subject, () => super.lookUpTokens(input))
  }

  private async answer<T>(subject: string, find: () => Promise<T>): Promise<T> {
    this.asked.push(subject)
    this.most = Math.max(this.most, ++this.atOnce)
    try {
      if (this.failing) throw new Error('no connection')
      const answer = await find()
      await (this.gate ?? settled())
      return answer
    } finally {
      this.atOnce--
    }
  }

  override watch(forget: (subject: string | undefined) => void): () => void {
    this.tell = forget
    this.watching++
    return () => void this.watching--
  }
}

export const secret = randomBytes(32)
export const settled = () => new Promise<void>((resolve) => void setImmediate(resolve))
export const longSettled = async () => {
  for (let round = 0; round < 20; round++) await settled()
}

/** The alarms that are set on a clock from now on, and have not come. */
export function alarmsOf(clock: FakeClock): ReadonlySet<unknown> {
  const alarms = new Set<() => void>()
  const wakeAt = clock.wakeAt.bind(clock)
  clock.wakeAt = (time, work) => {
    const alarm = () => {
      alarms.delete(alarm)
      work()
    }
    const cancel = wakeAt(time, alarm)
    alarms.add(alarm)
    return () => {
      alarms.delete(alarm)
      cancel()
    }
  }
  return alarms
}

/** `whileClosing`: called after `onModuleDestroy`, before the servers of the app have closed. */
export async function start(
  options: JwtAuthOptions & Partial<JwtAuthExtras> = {},
  whileClosing = (_clock: FakeClock): unknown => undefined,
) {
  const [store, clock] = [new CountingStore(), new FakeClock()]
  const instance = async () => {
    const root = JwtAuthModule.forRoot({ secret, ...options, sessionStore: { useValue: store } })
    const hook = { beforeApplicationShutdown: () => whileClosing(clock) }
    return startModule({ imports: [root], providers: [{ provide: 'hook', useValue: hook }] }, { clock })
  }
  const module = await instance()
  // What another process does, on the same store.
  const elsewhere = (await instance()).get(TokenService)
  const tokens = module.get(TokenService)
  const connections = module.get(OpenConnections)
  /** Opens a connection, and returns what became of it. */
  const connect = async (token: string) => {
    const ended: string[] = []
    const connection = connections.add(await tokens.verify(token), (code) => ended.push(code))
    return { ended, connection }
  }
  return { module, store, clock, tokens, elsewhere, connections, connect }
}
