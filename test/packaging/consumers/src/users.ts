import { Injectable } from '@nestjs/common'
import { ClaimsLoader, IdentityLoader, type JwtClaims } from '@nest-jwt-auth/core'

export interface User {
  id: number
  name: string
}

const users: User[] = [
  { id: 1, name: 'admin' },
  { id: 2, name: 'member' },
]

@Injectable()
export class Users implements ClaimsLoader, IdentityLoader {
  named(name: string): User | undefined {
    return users.find((user) => user.name === name)
  }

  loadClaims(user: User) {
    return { is_admin: user.name === 'admin' }
  }

  loadIdentity(claims: JwtClaims): User | null {
    return users.find((user) => String(user.id) === claims.sub) ?? null
  }
}
