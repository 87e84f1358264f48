import { IdentityLoader, type JwtClaims } from '@nest-jwt-auth/core'
import { Injectable } from '@nestjs/common'
import { RowId } from '../input.js'
import type { User } from '../users/user.js'
import { UsersRepository } from '../users/users.repository.js'

/** Finds the user of a token, for `@CurrentIdentity()` and for each refresh. `null` refuses the token. */
@Injectable()
export class UserIdentity implements IdentityLoader {
  constructor(private readonly users: UsersRepository) {}

  async loadIdentity(claims: JwtClaims): Promise<User | null> {
    const id = RowId.safeParse(claims.sub)
    return id.success ? this.users.find(id.data) : null
  }
}
