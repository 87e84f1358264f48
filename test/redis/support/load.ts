import { setTimeout as pass } from 'node:timers/promises'
import type { Answer } from '../../support/http.js'
import type { InstanceProcess } from './instances.js'

/** What became of one request; times are milliseconds since the load began. */
export interface Outcome {
  kind: 'public' | 'private' | 'revoked' | 'login' | 'refresh'
  status: number
  retryAfter: string | undefined
  at: number
  took: number
}

interface User {
  name: string
  accessToken: string
  refreshToken: string
  isRefreshing: boolean
}

const TICK = 10
const PATIENT_SECONDS = 8

/**
 * Requests at a steady rate, however long the answers take: most by users with a session, who refresh now and then and
 * try again with the same token after a 503, as clients do.
 */
export class Load {
  readonly outcomes: Outcome[] = []
  readonly users: User[] = []
  private readonly began = performance.now()
  private readonly underWay = new Set<Promise<void>>()
  private timer: NodeJS.Timeout | undefined
  private sent = 0

  constructor(
    private readonly app: InstanceProcess,
    private readonly revokedToken: string,
  ) {}

  now(): number {
    return performance.now() - this.began
  }

  async addUsers(count: number): Promise<void> {
    for (let index = 0; index < count; index++) {
      const user = { name: `user-${index}`, accessToken: '', refreshToken: '', isRefreshing: false }
      take(user, await this.app.post('/login', { name: user.name }))
      this.users.push(user)
    }
  }

  /**
   * Begins with the first of these rates that the machine can carry with all else that it does, or with the last of
   * them, and answers it. What was before is forgotten: code that was never run is slow at first.
   */
  async start(ratesPerSecond: readonly number[]): Promise<number> {
    for (const rate of ratesPerSecond) {
      this.goOnAt(rate)
      for (let second = 0; second < PATIENT_SECONDS; second++) {
        this.outcomes.length = 0
        await pass(1000)
        const isSteady = this.outcomes.length > 0.9 * rate && percentileOf(this.outcomes, 99) < 200
        if (!isSteady && (rate !== ratesPerSecond.at(-1) || second < PATIENT_SECONDS - 1)) continue
        this.outcomes.length = 0
        return rate
      }
      await this.stop()
    }
    throw new Error('There is no rate to begin with.')
  }

  /** Resolves when so many more requests have begun and been answered as `test` says. */
  async until(count: number, test: (outcome: Outcome) => boolean): Promise<void> {
    const from = this.now()
    const isOne = (outcome: Outcome) => outcome.at >= from && test(outcome)
    while (this.outcomes.filter(isOne).length < count) await pass(100)
  }

  async stop(): Promise<void> {
    clearInterval(this.timer)
    await Promise.all(this.underWay)
  }

  /** A user's refresh. */
  refresh(user: User): Promise<Answer> {
    return this.refreshOf(user)
  }

  private goOnAt(rate: number): void {
    const first = performance.now()
    const before = this.sent
    this.timer = setInterval(() => {
      const due = before + ((performance.now() - first) * rate) / 1000
      while (this.sent < due) this.sendNext()
    }, TICK)
  }

  private sendNext(): void {
    const turn = this.sent++
    const user = this.users[turn % this.users.length]!
    const work = this.send(turn, user).finally(() => this.underWay.delete(work))
    this.underWay.add(work)
  }

  private send(turn: number, user: User): Promise<void> {
    if (turn % 5 === 0) return this.note('public', () => this.app.get('/public', ''))
    if (turn % 20 === 1) return this.note('login', () => this.app.post('/login', { name: `guest-${turn}` }))
    if (turn % 20 === 2) return this.note('revoked', () => this.app.get('/private', this.revokedToken))
    if (turn % 10 === 3 && !user.isRefreshing) return this.note('refresh', () => this.refreshOf(user))
    return this.note('private', () => this.app.get('/private', user.accessToken))
  }

  private async refreshOf(user: User): Promise<Answer> {
    user.isRefreshing = true
    const answer = await this.app.post('/refresh', { refresh_token: user.refreshToken })
    take(user, answer)
    user.isRefreshing = false
    return answer
  }

  private async note(kind: Outcome['kind'], ask: () => Promise<Answer>): Promise<void> {
    const at = this.now()
    const { status, headers } = await ask()
    this.outcomes.push({ kind, status, retryAfter: headers['retry-after'], at, took: this.now() - at })
  }
}

function take(user: User, { status, body }: Answer): void {
  if (status >= 300) return
  const pair = body as { access_token: string; refresh_token: string }
  user.accessToken = pair.access_token
  user.refreshToken = pair.refresh_token
}

/** How long so many of a hundred took at most. */
export function percentileOf(outcomes: readonly Outcome[], percent: number): number {
  const sorted = outcomes.map(({ took }) => took).toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? 0
}
