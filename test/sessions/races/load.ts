import { once } from 'node:events'
import { EventEmitter } from 'node:events'
import { performance } from 'node:perf_hooks'
import { type Answer, type Request, sendRequest } from '../../support/http.js'
import type { Tokens } from './compiled-app.js'

/** What one request asked, and what came of it. Times are milliseconds. */
export interface Call {
  device: Device
  what: 'public' | 'check' | 'refresh' | 'login' | 'logout'
  /** 0: no answer at all. */
  status: number
  began: number
  ended: number
  retryAfter: string | undefined
  text: string
}

/** A user's device, which never stops: each turn asks something, and goes on with the tokens that it has. */
export class Device {
  constructor(
    readonly subject: string,
    public tokens: Tokens,
  ) {}

  next(turn: number): [Call['what'], Request] {
    const { access_token, refresh_token } = this.tokens
    switch (turn % 4) {
      case 0:
        return ['public', { path: '/public' }]
      case 1:
        return ['check', { path: '/me', headers: [['Authorization', `Bearer ${access_token}`]] }]
      case 2:
        return ['refresh', { method: 'POST', path: '/refresh', body: { refresh_token } }]
      default:
        return ['login', { method: 'POST', path: '/login', body: { subject: `${this.subject}-guest` } }]
    }
  }

  take(what: Call['what'], { status, text }: Answer): void {
    if (what === 'refresh' && status === 200) this.tokens = JSON.parse(text) as Tokens
  }
}

/** Devices that ask without pause, each one request at a time. */
export class Load {
  readonly calls: Call[] = []
  private readonly answered = new EventEmitter()
  private going = true
  private readonly done: Promise<unknown>

  constructor(
    private readonly port: number,
    private readonly devices: readonly Device[],
  ) {
    this.done = Promise.all(devices.map((device, index) => this.run(device, index)))
  }

  /** Resolves when `count` more requests have begun and been answered as `test` says; gives these. */
  async until(count: number, test: (call: Call) => boolean): Promise<Call[]> {
    const from = performance.now()
    for (;;) {
      const since = this.calls.filter((call) => call.began >= from && test(call))
      if (since.length >= count) return since
      const lost = this.calls.find(({ status }) => status === 0)
      if (lost) throw new Error(`${lost.what} got no answer: ${lost.text}`)
      await once(this.answered, 'answer')
    }
  }

  /** Resolves when every device was answered as `test` says. */
  async untilAll(test: (call: Call) => boolean): Promise<void> {
    const waiting = () =>
      this.devices.some((device) => !this.calls.some((call) => call.device === device && test(call)))
    while (waiting()) await once(this.answered, 'answer')
  }

  async stop(): Promise<void> {
    this.going = false
    await this.done
  }

  private async run(device: Device, index: number): Promise<void> {
    for (let turn = index; this.going; turn++) {
      const [what, request] = device.next(turn)
      const began = performance.now()
      const answer = await sendRequest(this.port, request).catch(noAnswer)
      device.take(what, answer)
      const { status, headers, text } = answer
      const ended = performance.now()
      this.calls.push({ device, what, status, began, ended, retryAfter: headers['retry-after'], text })
      this.answered.emit('answer')
    }
  }
}

function noAnswer(error: unknown): Answer {
  return { status: 0, headers: {}, text: String(error), body: undefined }
}
