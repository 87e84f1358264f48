import { randomBytes } from 'node:crypto'
import { Injectable } from '@nestjs/common'
import { hash, verify } from '@node-rs/argon2'

/** Argon2id, 19 MiB and two passes: the library's defaults, and what OWASP asks for. */
@Injectable()
export class Passwords {
  private readonly nobodys = hash(randomBytes(32))

  async hash(password: string): Promise<string> {
    return hash(password)
  }

  /** Without a hash it works as long and says no: the time of an answer tells nobody which users exist. */
  async verify(hashed: string | undefined, password: string): Promise<boolean> {
    return verify(hashed ?? (await this.nobodys), password)
  }
}
