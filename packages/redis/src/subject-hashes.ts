import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { Logger } from '@nestjs/common'
import type { KeyNames } from './key-names.js'
import { PrimaryCheck } from './primary-check.js'
import type { RedisCommands } from './redis-client.js'
import { textsOf } from './replies.js'
import { subjectKey } from './subject-key.js'
import type { Script } from './script.js'
import { READ } from './scripts.js'
import { checkServers } from './server-check.js'

/** Milliseconds that boot waits for Redis. If it is not there by then, the first use checks it. */
const BOOT_PATIENCE = 1000

/** The hashes that hold all records, one per subject. The first command waits until the servers have passed their check. */
export class SubjectHashes {
  private readonly primary: PrimaryCheck
  private checking: Promise<void> | undefined
  private isChecked = false
  private isReported = false

  constructor(
    private readonly commands: RedisCommands,
    private readonly names: KeyNames,
  ) {
    this.primary = new PrimaryCheck(commands)
  }

  /** Runs a script on a subject's hash. If the script adds a record, the hash is kept until `keepUntil` at least. */
  run(
    script: Script,
    subject: string,
    now: number,
    keepUntil: number,
    args: readonly string[],
  ): Promise<unknown> {
    return this.runNamed(script, subjectKey(subject), now, keepUntil, args)
  }

  /** The same, by the subject as it stands in keys. */
  runNamed(
    script: Script,
    name: string,
    now: number,
    keepUntil: number,
    args: readonly string[],
  ): Promise<unknown> {
    const ttl = Math.ceil(keepUntil - now)
    const all = [String(now), String(ttl), ...args]
    return this.whenChecked(() => script.run(this.commands, this.names.ofSubject(name), all))
  }

  /** The records of these fields; `undefined` for fields that do not exist. */
  async read(subject: string, fields: readonly string[]): Promise<readonly (string | undefined)[]> {
    const key = this.names.ofSubject(subjectKey(subject))
    return textsOf(await this.whenChecked(() => this.primary.send(key, ['HMGET', key, ...fields])))
  }

  /** The records of these fields, and after them Redis's own time in milliseconds. */
  async readWithTime(subject: string, fields: readonly string[]): Promise<readonly (string | undefined)[]> {
    const key = this.names.ofSubject(subjectKey(subject))
    return textsOf(await this.whenChecked(() => READ.run(this.primary, key, ['0', '0', ...fields])))
  }

  /** Throws a `JwtAuthConfigError` if Redis may evict records; if it cannot be reached, the first use checks it. */
  async checkAtBoot(): Promise<void> {
    const away = new Promise<void>((resolve) => setTimeout(resolve, BOOT_PATIENCE).unref())
    const checked = this.check().catch((error: unknown) => {
      if (error instanceof JwtAuthConfigError) throw error
    })
    await Promise.race([checked, away])
  }

  private whenChecked(work: () => Promise<unknown>): Promise<unknown> {
    return this.isChecked ? work() : this.check().then(work)
  }

  /** Calls at the same time share one check. */
  private check(): Promise<void> {
    this.checking ??= this.checkServers().finally(() => {
      this.checking = undefined
    })
    return this.checking
  }

  private async checkServers(): Promise<void> {
    try {
      await checkServers(this.commands)
      this.isChecked = true
    } catch (error) {
      if (error instanceof JwtAuthConfigError && !this.isReported) {
        this.isReported = true
        new Logger('JwtAuth').error(error.message)
      }
      throw error
    }
  }
}
