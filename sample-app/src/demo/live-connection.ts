import assert from 'node:assert/strict'
import { once } from 'node:events'
import { WebSocket } from 'ws'
import { say } from './say.js'

const TIMEOUT = 60_000 // milliseconds

interface Opened {
  readonly request: string
  /** Whose it is. */
  readonly name: string
  readonly proves: string
}

/** A WebSocket of somebody in the demo. What is not as expected ends the demo. */
export class LiveConnection {
  private readonly messages: string[] = []
  private closeCode: number | undefined

  private constructor(
    private readonly socket: WebSocket,
    private readonly name: string,
  ) {
    socket.on('message', (data: Buffer) => this.messages.push(data.toString()))
    socket.on('close', (code) => (this.closeCode = code))
    socket.on('error', () => undefined)
  }

  static async open(url: string, { request, name, proves }: Opened): Promise<LiveConnection> {
    const connection = new LiveConnection(new WebSocket(url, { handshakeTimeout: TIMEOUT }), name)
    const [method = '', path = ''] = request.split(' ')
    await connection.tell(`${method.padEnd(6)} ${path}`, 101, proves, async () => {
      await once(connection.socket, 'open', { signal: AbortSignal.timeout(TIMEOUT) })
    })
    return connection
  }

  async hears(message: string, proves: string): Promise<void> {
    await this.tell(`hears: ${message}`, '   ', proves, () =>
      this.until(() => this.messages.includes(message)),
    )
  }

  async isClosed(code: number, proves: string): Promise<void> {
    await this.tell('is closed', code, proves, async () => {
      await this.until(() => this.closeCode !== undefined)
      assert.equal(this.closeCode, code)
    })
  }

  private async tell(
    what: string,
    result: string | number,
    proves: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const line = `${what.padEnd(31)} ${this.name.padEnd(9)} ${result}  ${proves}`
    try {
      await work()
      say(true, line)
    } catch (error) {
      say(false, line)
      throw error
    }
  }

  private async until(isSo: () => boolean): Promise<void> {
    const signal = AbortSignal.timeout(TIMEOUT)
    while (!isSo()) {
      await Promise.race(['message', 'close'].map((event) => once(this.socket, event, { signal })))
    }
  }
}
