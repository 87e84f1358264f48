import type { CheckedServers } from './checked-servers.js'
import type { KeyNames } from './key-names.js'
import type { PrimaryCheck } from './primary-check.js'
import { textsOf } from './replies.js'
import { subjectKey } from './subject-key.js'
import type { Script } from './script.js'
import { READ } from './scripts.js'

/** The hashes that hold all records, one per subject. */
export class SubjectHashes {
  constructor(
    private readonly primary: PrimaryCheck,
    private readonly names: KeyNames,
    private readonly servers: CheckedServers,
  ) {}

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
    return this.servers.whenConnected(() => script.run(this.primary, this.names.ofSubject(name), all))
  }

  /** The records of these fields; `undefined` for fields that do not exist. */
  async read(subject: string, fields: readonly string[]): Promise<readonly (string | undefined)[]> {
    const key = this.names.ofSubject(subjectKey(subject))
    return textsOf(await this.servers.whenConnected(() => this.primary.send(key, ['HMGET', key, ...fields])))
  }

  /** The records of these fields, and after them Redis's own time in milliseconds. */
  async readWithTime(subject: string, fields: readonly string[]): Promise<readonly (string | undefined)[]> {
    const key = this.names.ofSubject(subjectKey(subject))
    return textsOf(await this.servers.whenConnected(() => READ.run(this.primary, key, ['0', '0', ...fields])))
  }
}
