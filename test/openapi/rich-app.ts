import {
  All,
  Body,
  type CanActivate,
  Controller,
  Delete,
  Get,
  Head,
  Injectable,
  Module,
  type ModuleMetadata,
  Options,
  Param,
  Post,
  Put,
  UseGuards,
} from '@nestjs/common'
import { APP_GUARD, RouterModule } from '@nestjs/core'
import { ApiBearerAuth, ApiForbiddenResponse, ApiProperty, ApiSecurity } from '@nestjs/swagger'
import {
  CurrentIdentity,
  IdentityLoader,
  InMemorySessionStore,
  type JwtAuthExtras,
  JwtAuthModule,
  type JwtAuthOptions,
  JwtGuard,
  OptionalAuth,
  Public,
  RequireClaims,
  RequireFresh,
  RequireScopes,
  TokenLocations,
  TokenResponse,
  UseRefreshToken,
} from '@nest-jwt-auth/core'
import { Doorman, everyRoute } from '../endpoints/app.js'
import { SECRET } from '../support/forge.js'

export class NewItem {
  @ApiProperty()
  name!: string
}

export class OwnRefusal {
  @ApiProperty()
  why!: string
}

@Injectable()
export class ApiKeyGuard implements CanActivate {
  canActivate(): boolean {
    return true
  }
}

@Injectable()
export class Finder implements IdentityLoader {
  loadIdentity({ sub }: { sub: string }): string | null {
    return sub === 'nobody' ? null : sub
  }
}

@Controller('items')
export class ItemsController {
  @Get()
  @OptionalAuth()
  list() {
    return []
  }

  @Get('mine')
  mine(@CurrentIdentity() _user: string) {
    return []
  }

  @Post()
  @ApiForbiddenResponse({ description: 'Too many items.', type: OwnRefusal })
  create(@Body() { name }: NewItem) {
    return { name }
  }

  @Get('health')
  @Public()
  @ApiBearerAuth()
  health() {
    return { status: 'ok' }
  }

  @Put(':id')
  @RequireScopes('items:write')
  @RequireScopes('items:read', 'items:write')
  rename(@Param('id') id: string) {
    return { id }
  }

  @Delete(':id')
  @RequireClaims({ is_admin: true })
  @RequireFresh('10m')
  remove(@Param('id') id: string) {
    return { id }
  }

  @Post('session')
  @UseRefreshToken()
  session() {
    return {}
  }

  @Post('login')
  @Public()
  @TokenResponse()
  login() {
    return {}
  }

  @Get('download/:id')
  @TokenLocations('query')
  download(@Param('id') id: string) {
    return { id }
  }

  @Get('metrics')
  @Public()
  @UseGuards(ApiKeyGuard)
  @ApiSecurity('api-key')
  metrics() {
    return {}
  }

  @Get('stats')
  @Public()
  @UseGuards(ApiKeyGuard)
  stats() {
    return {}
  }
}

@Controller('files')
export class FilesController {
  /** As Express 4 and Fastify write it. */
  @Get('by-path/*')
  read() {
    return {}
  }

  @All('any/:name')
  any() {
    return {}
  }

  @Head('state')
  state() {}

  @Options('state')
  @Public()
  allowed() {
    return {}
  }

  @Get(['first', 'second'])
  both() {
    return {}
  }
}

/** Fastify has other wildcards, and no parts that may be left out. */
@Controller('tree')
export class ExpressController {
  @Get('at/*path')
  at() {
    return {}
  }

  @Get('list/:folder{/*rest}')
  @Public()
  list() {
    return {}
  }

  @Get('show{/:name}')
  show() {
    return {}
  }

  @Get('from/:from-:to.json')
  between() {
    return {}
  }
}

abstract class Listing {
  @Get('all')
  all() {
    return []
  }

  @Get('open')
  @Public()
  open() {
    return []
  }
}

/** Both have the very functions of `Listing`. */
@Controller('cats')
@Public()
export class CatsController extends Listing {}

@Controller('dogs')
@Public(false)
export class DogsController extends Listing {}

@Module({ controllers: [CatsController] })
export class CatsModule {}

@Module({ controllers: [DogsController] })
export class DogsModule {}

export type Settings = Partial<JwtAuthOptions & JwtAuthExtras>

/** An app with every kind of route; its guard is global. */
export function richApp(
  settings: Settings = {},
  controllers: ModuleMetadata['controllers'] = [],
): ModuleMetadata {
  const auth = JwtAuthModule.forRoot({
    secret: SECRET,
    sessionStore: InMemorySessionStore,
    identityLoader: Finder,
    audit: { level: 'warn', guards: [ApiKeyGuard] },
    endpoints: { authenticator: Doorman, ...everyRoute },
    ...settings,
  })
  const pets = [
    { path: 'pets', children: [{ path: 'small', module: CatsModule }] },
    { path: 'pets', module: DogsModule },
  ]
  return {
    imports: [auth, CatsModule, DogsModule, RouterModule.register(pets)],
    providers: [Doorman, Finder, { provide: APP_GUARD, useExisting: JwtGuard }],
    controllers: [ItemsController, FilesController, ...controllers],
  }
}
