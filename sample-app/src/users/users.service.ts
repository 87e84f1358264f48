import { Injectable } from '@nestjs/common'
import { Passwords } from './passwords.js'
import type { User } from './user.js'
import { UsersRepository } from './users.repository.js'

interface Credentials {
  readonly username: string
  readonly password: string
}

@Injectable()
export class UsersService {
  constructor(
    private readonly users: UsersRepository,
    private readonly passwords: Passwords,
  ) {}

  /** Answers `undefined` if the name is taken. */
  async register({ username, password }: Credentials): Promise<User | undefined> {
    return this.users.add({ username, password_hash: await this.passwords.hash(password), is_admin: false })
  }

  /** Answers `null` for a wrong password and for an unknown user, after the same work. */
  async authenticate({ username, password }: Credentials): Promise<User | null> {
    const found = await this.users.findWithPassword(username)
    const matches = await this.passwords.verify(found?.password_hash, password)
    return found && matches ? withoutPassword(found) : null
  }

  async findByName(username: string): Promise<User | null> {
    const found = await this.users.findWithPassword(username)
    return found ? withoutPassword(found) : null
  }

  async setPassword(id: number, password: string): Promise<void> {
    await this.users.setPassword(id, await this.passwords.hash(password))
  }
}

function withoutPassword({ id, username, is_admin }: User): User {
  return { id, username, is_admin }
}
