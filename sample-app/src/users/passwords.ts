import { randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { hash, verify } from '@node-rs/argon2'

/** Argon2id with 19 MiB and two passes: the defaults of @node-rs/argon2, and what OWASP recommends. */
@Injectable()
export class Passwords {
  private readonly dummy = hash(randomBytes(32))

  async hash(password: string): Promise<string> {
    return hash(password)
  }

  /** Without a hash it takes as long and answers `false`, so that the response time does not tell which users exist. */
  async verify(hashed: string | undefined, password: string): Promise<boolean> {
    return verify(hashed ?? (await this.dummy), password)
  }
}
