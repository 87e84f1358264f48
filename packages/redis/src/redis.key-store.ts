import { type KeyDocument, KeyStore, type ReplaceKeysInput, type StoreReport } from '@nest-jwt-auth/core'
import { CheckedServers } from './checked-servers.js'
import { PrimaryCheck } from './primary-check.js'
import { commandsOf, type RedisClient, type RedisCluster, type RedisCommands } from './redis-client.js'
import { numberOf, textOf } from './replies.js'
import { report } from './report.js'
import { Script } from './script.js'

/** Options of `RedisKeyStore`. */
export interface RedisKeyStoreOptions {
  /** A client or cluster of the `redis` package. The app connects it and closes it. */
  readonly client: RedisClient | RedisCluster
  /** The start of the key; default `'nest-jwt:'`. Apps that share a Redis but no keys need one each. */
  readonly prefix?: string | undefined
}

/** ARGV: the version that must be there or '', the version and the data of the new document. */
const REPLACE = new Script(String.raw`
local known = redis.call('GET', KEYS[1])
local version = known and string.match(known, '^%d+') or ''
if version ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2] .. ' ' .. ARGV[3])
return 1
`)

/**
 * The keys of `keyRotation` in one key of Redis or Valkey, encrypted by the core. It never expires. What Redis loses by a
 * restart or a failover is lost: make it persistent.
 */
export class RedisKeyStore extends KeyStore {
  private readonly key: string
  private readonly commands: RedisCommands
  private readonly primary: PrimaryCheck
  private readonly servers: CheckedServers

  constructor({ client, prefix = 'nest-jwt:' }: RedisKeyStoreOptions) {
    super()
    this.key = `${prefix}keys`
    this.commands = commandsOf(client)
    this.primary = new PrimaryCheck(this.commands)
    this.servers = new CheckedServers(this.commands, { path: 'keyStore', what: 'keys' })
  }

  /** Nest calls it at boot. Throws a `JwtAuthConfigError` if Redis may evict keys under `NODE_ENV=production`. */
  onModuleInit(): Promise<void> {
    return this.servers.checkAtBoot()
  }

  async read(): Promise<KeyDocument | undefined> {
    const reply = await this.servers.whenChecked(() => this.primary.send(this.key, ['GET', this.key]))
    const text = textOf(reply)
    if (text === undefined) return undefined
    const space = text.indexOf(' ')
    return { version: Number(text.slice(0, space)), data: text.slice(space + 1) }
  }

  async replace({ document: { version, data }, replaces }: ReplaceKeysInput): Promise<boolean> {
    const args = [String(replaces ?? ''), String(version), data]
    return numberOf(await this.servers.whenChecked(() => REPLACE.run(this.primary, this.key, args))) === 1
  }

  /** Of all primaries. Commands that the server forbids leave their member out. */
  override report(): Promise<StoreReport> {
    return report(this.commands)
  }
}
