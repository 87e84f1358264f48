import {
  Body,
  ConflictException,
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Injectable,
  NotFoundException,
  Param,
  ParseIntPipe,
  Post,
  UseGuards,
  type ModuleMetadata,
} from '@nestjs/common'
import {
  AuthErrorPresenter,
  ClaimsLoader,
  CurrentIdentity,
  IdentityLoader,
  JwtAuthError,
  JwtAuthModule,
  JwtGuard,
  RequireClaims,
  RequireFresh,
  TokenService,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { SECRET } from '../../support/forge.js'
import type { Database } from './database.js'
import { hashPassword, passwordMatches } from './passwords.js'

const DATABASE = Symbol('database')

interface Credentials {
  username: string
  password: string
}

export interface User {
  id: number
  username: string
}

@Injectable()
export class UserLoaders implements ClaimsLoader<User>, IdentityLoader<User> {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  loadClaims({ id }: User) {
    return { is_admin: id === 1 }
  }

  async loadIdentity({ sub }: JwtClaims): Promise<User | null> {
    const found = this.db.selectFrom('users').select(['id', 'username']).where('id', '=', Number(sub))
    return (await found.executeTakeFirst()) ?? null
  }
}

/** `@jwt.expired_token_loader`: all other refusals stay as they are. */
@Injectable()
export class ExpiredTokenPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError) {
    const status = error.getStatus()
    if (error.errorCode !== 'token_expired') return { status, body: error.getResponse() }
    return { status, body: { message: 'The token has expired.', error: 'token_expired' } }
  }
}

@Controller()
export class UsersController {
  constructor(
    @Inject(DATABASE) private readonly db: Database,
    private readonly tokens: TokenService,
  ) {}

  @Post('register')
  async register(@Body() { username, password }: Credentials): Promise<User> {
    const user = { username, password_hash: await hashPassword(password) }
    const added = this.db
      .insertInto('users')
      .values(user)
      .onConflict((name) => name.doNothing())
    const created = await added.returning(['id', 'username']).executeTakeFirst()
    if (created === undefined) throw new ConflictException('That name is taken.')
    return created
  }

  @Post('login')
  @HttpCode(200)
  async login(@Body() { username, password }: Credentials) {
    const found = this.db.selectFrom('users').selectAll().where('username', '=', username)
    const user = await found.executeTakeFirst()
    if (user === undefined || !(await passwordMatches(password, user.password_hash))) {
      throw new JwtAuthError('credentials_invalid')
    }
    return this.tokens.issue(user)
  }
}

@Controller()
@UseGuards(JwtGuard)
export class StoresController {
  constructor(@Inject(DATABASE) private readonly db: Database) {}

  @Get('me')
  me(@CurrentIdentity() user: User) {
    return user
  }

  @Post('stores')
  createStore(@Body() { name }: { name: string }) {
    return this.db.insertInto('stores').values({ name }).returningAll().executeTakeFirstOrThrow()
  }

  @Get('stores/:id')
  async store(@Param('id', ParseIntPipe) id: number) {
    const store = await this.db.selectFrom('stores').selectAll().where('id', '=', id).executeTakeFirst()
    if (store === undefined) throw new NotFoundException()
    const items = await this.db.selectFrom('items').selectAll().where('store_id', '=', id).execute()
    return { ...store, items }
  }

  /** `@jwt_required(fresh=True)`. */
  @Post('items')
  @RequireFresh('5m')
  createItem(@Body() { name, price, store_id }: { name: string; price: number; store_id: number }) {
    const item = { name, price, store_id }
    return this.db.insertInto('items').values(item).returningAll().executeTakeFirstOrThrow()
  }

  @Delete('items/:id')
  @RequireClaims({ is_admin: true }, { message: 'Admin privilege required.' })
  async deleteItem(@Param('id', ParseIntPipe) id: number) {
    const { numDeletedRows } = await this.db.deleteFrom('items').where('id', '=', id).executeTakeFirst()
    if (numDeletedRows === 0n) throw new NotFoundException()
    return { message: 'Item deleted.' }
  }
}

export function storesApp(db: Database): ModuleMetadata {
  return {
    imports: [
      JwtAuthModule.forRoot({ secret: SECRET, claimsLoader: UserLoaders, identityLoader: UserLoaders }),
    ],
    providers: [
      UserLoaders,
      { provide: DATABASE, useValue: db },
      { provide: AuthErrorPresenter, useClass: ExpiredTokenPresenter },
    ],
    controllers: [UsersController, StoresController],
  }
}
