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

/** Milliseconds that boot waits for Redis; if it is not there, the first use asks again. */
const BOOT_PATIENCE = 1000

/** The hashes that hold all records, one per subject, on servers that were found to be fit for them. */
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

  /** Runs a script on a subject's hash, which is kept until `keepUntil` at least where the script adds to it. */
  run(
    script: Script,
    subject: string,
    now: number,
    keepUntil: number,
    args: readonly string[],
  ): Promise<unknown> {
    return this.runNamed(script, subjectKey(subject), now, keepUntil, args)
  }

  /** By the name that the subject has in keys. */
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

  /** The records of these fields. */
  async read(subject: string, fields: readonly string[]): Promise<readonly (string | undefined)[]> {
    const key = this.names.ofSubject(subjectKey(subject))
    return textsOf(await this.whenChecked(() => this.primary.send(key, ['HMGET', key, ...fields])))
  }

  /** The records of these fields, and after them Redis's own time in milliseconds. */
  async readWithTime(subject: string, fields: readonly string[]): Promise<readonly (string | undefined)[]> {
    const key = this.names.ofSubject(subjectKey(subject))
    return textsOf(await this.whenChecked(() => READ.run(this.primary, key, ['0', '0', ...fields])))
  }

  /** Throws a `JwtAuthConfigError` where Redis is not fit; where it is away, that is found out later. */
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

  /** However many ask at a time, the servers are asked once. */
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
