import {
  type KeepGenerationInput,
  type ConsumeInput,
  type EndAllInput,
  type EndInput,
  type ExchangedToken,
  firstGeneration,
  type ListInput,
  type LookUpInput,
  type LookUpResult,
  type LookUpTokensInput,
  type LookUpTokensResult,
  type OpenInput,
  type RotateInput,
  type RotateResult,
  type SessionRecord,
  SessionStore,
  type StoreReport,
  type TokenInput,
} from '@nest-jwt-auth/core'
import { listenForChanges } from './changes.js'
import { CheckedServers } from './checked-servers.js'
import { FIELDS, KeyNames } from './key-names.js'
import { Owners } from './owners.js'
import { PrimaryCheck } from './primary-check.js'
import { keepUntilOf, readGeneration, readSession, writeSession } from './session-record.js'
import { commandsOf, type RedisClient, type RedisCluster } from './redis-client.js'
import { numberOf, textsOf } from './replies.js'
import { report } from './report.js'
import { subjectKey } from './subject-key.js'
import { type GraceClock, Rotations } from './rotation.js'
import { ADD, END_ALL, KEEP_GENERATION, LIST, OPEN, TAKE } from './scripts.js'
import { SubjectHashes } from './subject-hashes.js'

/** Options of `RedisSessionStore`. */
export interface RedisSessionStoreOptions {
  /** A client or cluster of the `redis` package. The app connects it and closes it. */
  readonly client: RedisClient | RedisCluster
  /** The start of all keys; default `'nest-jwt:'`. Apps that share a Redis but no sessions need one each; no braces. */
  readonly prefix?: string | undefined
  /**
   * Which clock decides over `refreshToken.reuseGrace`: that of Redis (`'own'`, the default), so that instances whose
   * clocks differ agree; or the app's `Clock` (`'given'`), for tests that move it.
   */
  readonly clock?: 'own' | 'given' | undefined
}

/**
 * Sessions in Redis or Valkey, for any number of instances. Everything of one subject is one hash, so each operation is
 * one command or script on one key. Records expire by themselves.
 */
export class RedisSessionStore extends SessionStore {
  private readonly client: RedisClient | RedisCluster
  private readonly names: KeyNames
  private readonly servers: CheckedServers
  private readonly hashes: SubjectHashes
  private readonly owners: Owners
  private readonly rotations: Rotations
  private readonly clock: GraceClock

  /** Throws a TypeError for a prefix with braces, because they would change the slots of a cluster. */
  constructor({ client, prefix = 'nest-jwt:', clock = 'own' }: RedisSessionStoreOptions) {
    super()
    if (/[{}]/.test(prefix))
      throw new TypeError('The prefix of a RedisSessionStore must not contain braces. Leave them out.')
    const commands = commandsOf(client)
    this.client = client
    this.names = new KeyNames(prefix)
    this.servers = new CheckedServers(commands, { path: 'sessionStore', what: 'sessions and revocations' })
    const primary = new PrimaryCheck(commands)
    this.hashes = new SubjectHashes(primary, this.names, this.servers)
    this.owners = new Owners(primary, this.names)
    this.clock = clock
    this.rotations = new Rotations(this.hashes, this.owners, clock)
  }

  /** Nest calls it at boot. Throws a `JwtAuthConfigError` if Redis may evict records under `NODE_ENV=production`. */
  onModuleInit(): Promise<void> {
    return this.servers.checkAtBoot()
  }

  async open({ session, max, exchanged, now }: OpenInput): Promise<boolean> {
    const { id, subject, keepUntil } = session
    const ownerUntil = this.owners.noteUntil(keepUntil, now)
    const record = writeSession(session, ownerUntil)
    const args = [FIELDS.session(id), record, String(max ?? ''), ...exchangeArgs(exchanged)]
    const hashUntil = Math.max(keepUntil > now ? ownerUntil : now, exchanged?.keepUntil ?? now)
    // At the same time: nobody knows the id before both are done.
    const [, opened] = await Promise.all([
      this.owners.note(id, subject, ownerUntil, now),
      this.hashes.run(OPEN, subject, now, hashUntil, args),
    ])
    const isOpen = numberOf(opened) === 1
    if (!isOpen) this.owners.forget(id)
    return isOpen
  }

  async lookUp(input: LookUpInput): Promise<LookUpResult> {
    const { subject, sessionId, jti, forRefresh = false, now } = input
    const field = sessionId === undefined ? FIELDS.generation : FIELDS.session(sessionId)
    const fields = [field, ...(jti === undefined ? [] : [FIELDS.revoked(jti)])]
    const withTime = forRefresh && this.clock === 'own'
    const found = await (withTime
      ? this.hashes.readWithTime(subject, fields)
      : this.hashes.read(subject, fields))
    const [record, revoked] = fields.map((_, at) => {
      const kept = found[at]
      return kept !== undefined && keepUntilOf(kept) > now ? kept : undefined
    })
    return {
      session: sessionId && record ? readSession(sessionId, subject, record) : undefined,
      revoked: revoked !== undefined,
      generation: sessionId === undefined && record ? readGeneration(record) : undefined,
      time: withTime ? Number(found.at(-1)) : undefined,
    }
  }

  async lookUpTokens({ subject, sessionIds, jtis, now }: LookUpTokensInput): Promise<LookUpTokensResult> {
    const fields = [FIELDS.generation, ...sessionIds.map(FIELDS.session), ...jtis.map(FIELDS.revoked)]
    const found = await this.hashes.read(subject, fields)
    const [generation, ...records] = found.map((record) =>
      record !== undefined && keepUntilOf(record) > now ? record : undefined,
    )
    return {
      sessions: sessionIds.flatMap((id, at) => {
        const record = records[at]
        return record === undefined ? [] : readSession(id, subject, record)
      }),
      revoked: jtis.filter((_, at) => records[sessionIds.length + at] !== undefined),
      generation: generation === undefined ? undefined : readGeneration(generation),
    }
  }

  rotate(input: RotateInput): Promise<RotateResult> {
    return this.rotations.rotate(input)
  }

  async end({ sessionId, subject, now }: EndInput): Promise<boolean> {
    const name = subject === undefined ? await this.owners.find(sessionId) : subjectKey(subject)
    if (name === undefined) return false
    const ended =
      numberOf(await this.hashes.runNamed(TAKE, name, now, now, [FIELDS.session(sessionId)])) === 1
    if (ended) this.owners.forget(sessionId)
    return ended
  }

  async endAll({ subject, except, keepUntil, now }: EndAllInput): Promise<number> {
    const left = except === undefined ? '' : FIELDS.session(except)
    return numberOf(
      await this.hashes.run(END_ALL, subject, now, keepUntil, [
        left,
        String(keepUntil),
        String(firstGeneration()),
      ]),
    )
  }

  async list({ subject, now }: ListInput): Promise<readonly SessionRecord[]> {
    const found = textsOf(await this.hashes.run(LIST, subject, now, now, []))
    const ids = found.filter((_, index) => index % 2 === 0)
    return ids.map((id, index) => readSession(String(id), subject, String(found[2 * index + 1])))
  }

  async keepGeneration({ subject, keepUntil, now }: KeepGenerationInput): Promise<number> {
    return numberOf(
      await this.hashes.run(KEEP_GENERATION, subject, now, keepUntil, [
        String(keepUntil),
        String(firstGeneration()),
      ]),
    )
  }

  async revokeToken({ jti, subject, keepUntil, now }: TokenInput): Promise<void> {
    await this.hashes.run(ADD, subject, now, keepUntil, [FIELDS.revoked(jti), String(keepUntil)])
  }

  async addOneTimeToken({ jti, subject, keepUntil, now }: TokenInput): Promise<void> {
    await this.hashes.run(ADD, subject, now, keepUntil, [FIELDS.oneTime(jti), String(keepUntil)])
  }

  async consumeOneTimeToken({ jti, subject, now }: ConsumeInput): Promise<boolean> {
    return numberOf(await this.hashes.run(TAKE, subject, now, now, [FIELDS.oneTime(jti)])) === 1
  }

  /** Does nothing: keys expire in Redis by themselves. */
  prune(): Promise<number> {
    return Promise.resolve(0)
  }

  /** By RESP3 client tracking, if the client has it switched on with `clientSideCache` or `emitInvalidate`. */
  override watch(forget: (subject: string | undefined) => void): (() => void) | undefined {
    return listenForChanges(this.client, this.names, forget)
  }

  /** Of all primaries. Commands that the server forbids leave their member out. */
  override report(): Promise<StoreReport> {
    return report(commandsOf(this.client))
  }
}

function exchangeArgs(exchanged: ExchangedToken | undefined): readonly string[] {
  if (exchanged === undefined) return ['']
  const { jti, generation, keepUntil } = exchanged
  return [FIELDS.revoked(jti), String(keepUntil), String(generation)]
}
