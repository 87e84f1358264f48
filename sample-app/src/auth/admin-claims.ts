import { ClaimsLoader } from '@nest-jwt-auth/core'
import { Injectable } from '@nestjs/common'
import type { User } from '../users/user.js'
import type { AppClaims } from './register.js'

/** Puts `is_admin` into each token when it is issued, so that routes can check it without asking the database. */
@Injectable()
export class AdminClaims implements ClaimsLoader {
  loadClaims(user: User): AppClaims {
    return { is_admin: user.is_admin }
  }
}
