import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Injectable,
  Post,
  UseGuards,
  type ModuleMetadata,
} from '@nestjs/common'
import {
  Authenticator,
  AuthErrorPresenter,
  ClaimsLoader,
  CurrentIdentity,
  IdentityLoader,
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  TokenService,
  type LoginCredentials,
  type JwtAuthOptions,
  type JwtClaims,
  type LoginRoute,
} from '@nest-jwt-auth/core'
import { SECRET } from '../../support/forge.js'

export interface User {
  id: number
  username: string
  password: string
}

export const users: User[] = [
  { id: 1, username: 'ada', password: 'first engine' },
  { id: 2, username: 'ben', password: 'second engine' },
]

/** `@jwt.authentication_handler`. */
@Injectable()
export class UserAuthenticator extends Authenticator<User> {
  authenticate({ username, password }: LoginCredentials): User | undefined {
    return users.find((user) => user.username === username && user.password === password)
  }
}

/** `@jwt.identity_handler`. */
@Injectable()
export class Identity implements IdentityLoader<User> {
  loadIdentity(claims: JwtClaims) {
    return users.find(({ id }) => id === claims['identity']) ?? null
  }
}

/** `@jwt.jwt_payload_handler`. */
@Injectable()
export class Payload implements ClaimsLoader<User> {
  loadClaims({ id }: User) {
    return { identity: id }
  }
}

/** `@jwt.jwt_headers_handler`. */
const headersFor = ({ id }: User) => ({ shard: `shard-${id % 2}` })

/** `@jwt.jwt_error_handler`. */
@Injectable()
export class StatusPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError) {
    const status = error.errorCode === 'request_invalid' ? 401 : error.getStatus()
    return { status, body: { status_code: status, error: error.errorCode, description: error.message } }
  }
}

@Controller()
export class AppController {
  constructor(
    @Inject(TokenService) private readonly tokens: TokenService,
    @Inject(UserAuthenticator) private readonly authenticator: UserAuthenticator,
  ) {}

  /** By hand, since the ready-made route sets no header members. */
  @Post('auth/sharded')
  @HttpCode(200)
  async sharded(@Body() credentials: LoginCredentials) {
    const user = this.authenticator.authenticate(credentials)
    if (user === undefined) throw new JwtAuthError('credentials_invalid')
    return { access_token: await this.tokens.issueAccessToken(user, { header: headersFor(user) }) }
  }

  @Get('protected')
  @UseGuards(JwtGuard)
  whoAmI(@CurrentIdentity('username') username: string) {
    return { username }
  }
}

export interface AppSettings {
  /** `JWT_AUTH_USERNAME_KEY` and `JWT_AUTH_PASSWORD_KEY`. */
  fields?: LoginRoute
  options?: Partial<JwtAuthOptions>
}

export function flaskJwtApp({ fields, options = {} }: AppSettings = {}): ModuleMetadata {
  const auth = JwtAuthModule.forRoot({
    secret: SECRET,
    locations: [{ header: 'authorization', scheme: 'JWT' }],
    realm: 'Login Required',
    accessToken: { expiresIn: 300, notBefore: 0 },
    clockTolerance: 10,
    requiredClaims: ['nbf', 'identity'],
    refreshToken: false,
    claimsLoader: Payload,
    identityLoader: Identity,
    endpoints: { authenticator: UserAuthenticator, login: { path: '', ...fields } },
    ...options,
  })
  return {
    imports: [auth],
    providers: [
      Identity,
      Payload,
      UserAuthenticator,
      { provide: AuthErrorPresenter, useClass: StatusPresenter },
    ],
    controllers: [AppController],
  }
}
