import type { Runner } from './database.js'
import { sql } from './statement.js'

/** A PostgreSQL connection of its own, such as a `Client` of `pg` that is not connected yet. */
export interface ListeningClient {
  connect(): Promise<unknown>
  query(text: string): Promise<unknown>
  /** `notification`, `error` and `end`. */
  on(event: string, listener: (message: { readonly payload?: string | undefined }) => void): unknown
  end(): Promise<unknown>
  /** The connection must not keep the process alive. */
  unref?(): unknown
}

type Forget = (subject: string | undefined) => void

const CHANNEL = 'jwt_auth_changes'

/** Milliseconds before a lost connection is opened again: twice as long each time, up to the last. */
const FIRST_WAIT = 500
const LONGEST_WAIT = 15_000

/** Notifies other processes (NOTIFY of PostgreSQL) when sessions or tokens of a subject have ended. */
export class Changes {
  /** Without a function, nothing is sent and nothing is received. */
  constructor(private readonly listenWith: (() => ListeningClient) | undefined) {}

  get areShared(): boolean {
    return this.listenWith !== undefined
  }

  /** PostgreSQL sends the notification when the transaction is committed. */
  async notify(run: Runner, subject: string): Promise<void> {
    if (this.areShared) await run.rows(sql`select pg_notify(${CHANNEL}, ${JSON.stringify(subject)})`)
  }

  /** Ends a session, with `key` only if it belongs to that subject, and notifies in the same statement. Returns how many ended. */
  async endSession(
    run: Runner,
    id: string,
    { key, now }: { key?: string; now?: number } = {},
  ): Promise<number> {
    const [ofKey, keptAfter] = [key ?? null, now ?? 0]
    if (!this.areShared) {
      return run.change(
        key === undefined
          ? sql`delete from jwt_auth_sessions where id = ${id} and keep_until > ${keptAfter}`
          : sql`delete from jwt_auth_sessions where id = ${id} and subject_key = ${ofKey} and keep_until > ${keptAfter}`,
      )
    }
    const ended = await run.rows(sql`
      with ended as (
        delete from jwt_auth_sessions
        where id = ${id} and (${ofKey}::text is null or subject_key = ${ofKey}) and keep_until > ${keptAfter}
        returning subject)
      select pg_notify(${CHANNEL}, subject) from ended`)
    return ended.length
  }

  /**
   * Calls `forget` for the subject of each notification, and without a subject whenever a connection begins to listen,
   * because earlier notifications are lost. Returns a function that ends it; `undefined` without `listenWith`.
   */
  listen(forget: Forget): (() => void) | undefined {
    return this.listenWith && new Listener(this.listenWith, forget).begin()
  }
}

class Listener {
  private client: ListeningClient | undefined
  private timer: NodeJS.Timeout | undefined
  private wait = FIRST_WAIT
  private isOver = false

  constructor(
    private readonly open: () => ListeningClient,
    private readonly forget: Forget,
  ) {}

  begin(): () => void {
    void this.connect()
    return () => {
      this.isOver = true
      clearTimeout(this.timer)
      close(this.client)
    }
  }

  private async connect(): Promise<void> {
    try {
      const client = this.open()
      this.client = client
      client.on('error', () => this.lost(client))
      client.on('end', () => this.lost(client))
      client.on('notification', ({ payload }) => this.forget(subjectIn(payload)))
      await client.connect()
      client.unref?.()
      await client.query(`listen ${CHANNEL}`)
    } catch {
      this.lost(this.client)
      return
    }
    this.wait = FIRST_WAIT
    this.forget(undefined)
  }

  /** A client may emit several events for one lost connection. */
  private lost(client: ListeningClient | undefined): void {
    if (this.client !== client || this.timer !== undefined) return
    this.client = undefined
    close(client)
    if (this.isOver) return
    this.timer = setTimeout(() => {
      this.timer = undefined
      void this.connect()
    }, this.wait).unref()
    this.wait = Math.min(2 * this.wait, LONGEST_WAIT)
  }
}

function close(client: ListeningClient | undefined): void {
  client?.end().catch(() => undefined)
}

/** Anybody may notify the channel, so a payload of another form may concern any subject. */
function subjectIn(payload: string | undefined): string | undefined {
  try {
    const subject: unknown = JSON.parse(payload ?? '')
    return typeof subject === 'string' ? subject : undefined
  } catch {
    return undefined
  }
}
