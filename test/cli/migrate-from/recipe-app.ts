import type { Sources } from '../../docs/code-blocks.js'

/** An ES module: a global guard that verifies, public routes, a role guard, and numbers as subjects. */
export const recipeApp: Sources = [
  ['package.json', '{\n  "type": "module",\n  "dependencies": {\n    "@nestjs/jwt": "^12.0.0"\n  }\n}\n'],
  [
    'src/main.ts',
    `import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.js'

const app = await NestFactory.create(AppModule)
await app.listen(process.env.PORT ?? 3000)
`,
  ],
  [
    'src/app.module.ts',
    `import { Module } from '@nestjs/common'
import { APP_GUARD } from '@nestjs/core'
import { JwtModule } from '@nestjs/jwt'
import { BooksController } from './books.controller.js'
import { LoginController } from './login.controller.js'
import { RolesGuard } from './roles.guard.js'
import { TokenGuard } from './token.guard.js'

@Module({
  imports: [
    JwtModule.register({
      secret: process.env.JWT_SECRET,
      signOptions: { expiresIn: '2 hours', issuer: 'library' },
    }),
  ],
  controllers: [LoginController, BooksController],
  providers: [
    { provide: APP_GUARD, useClass: TokenGuard },
    { provide: APP_GUARD, useClass: RolesGuard },
  ],
})
export class AppModule {}
`,
  ],
  [
    'src/open.decorator.ts',
    `import { SetMetadata } from '@nestjs/common'

export const OPEN = 'open'
export const Open = () => SetMetadata(OPEN, true)
`,
  ],
  [
    'src/token.guard.ts',
    `import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common'
import { Reflector } from '@nestjs/core'
import { JwtService } from '@nestjs/jwt'
import { OPEN } from './open.decorator.js'

@Injectable()
export class TokenGuard implements CanActivate {
  constructor(
    private readonly jwt: JwtService,
    private readonly reflector: Reflector,
  ) {}

  async canActivate(context: ExecutionContext) {
    const isOpen = this.reflector.getAllAndOverride<boolean>(OPEN, [context.getHandler(), context.getClass()])
    if (isOpen) return true
    const request = context.switchToHttp().getRequest()
    const token = this.tokenOf(request)
    if (token === undefined) throw new UnauthorizedException()
    try {
      request.user = await this.jwt.verifyAsync(token)
    } catch {
      throw new UnauthorizedException()
    }
    return true
  }

  private tokenOf(request: { headers: { authorization?: string } }) {
    const [scheme, token] = request.headers.authorization?.split(' ') ?? []
    return scheme === 'Bearer' ? token : undefined
  }
}
`,
  ],
  [
    'src/stock.guard.ts',
    `import { type CanActivate, type ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common'
import { JwtService } from '@nestjs/jwt'

@Injectable()
export class StockGuard implements CanActivate {
  constructor(private readonly jwt: JwtService) {}

  async canActivate(context: ExecutionContext) {
    const { headers } = context.switchToHttp().getRequest()
    const payload = await this.jwt.verifyAsync<{ roles: string[] }>(headers.authorization?.split(' ')[1] ?? '')
    if (!payload.roles.includes('librarian')) throw new UnauthorizedException()
    return true
  }
}
`,
  ],
  [
    'src/partner.decorator.ts',
    `import { applyDecorators, type CanActivate, type ExecutionContext, SetMetadata, UseGuards } from '@nestjs/common'
import { OPEN } from './open.decorator.js'

class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext) {
    return context.switchToHttp().getRequest().query.key === 'k-7'
  }
}

export const Partner = () => applyDecorators(SetMetadata(OPEN, true), UseGuards(KeyGuard))
`,
  ],
  [
    'src/roles.guard.ts',
    `import { type CanActivate, type ExecutionContext, Injectable, SetMetadata } from '@nestjs/common'
import { Reflector } from '@nestjs/core'

export const Roles = (...roles: string[]) => SetMetadata('roles', roles)

@Injectable()
export class RolesGuard implements CanActivate {
  constructor(private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext) {
    const wanted = this.reflector.get<string[] | undefined>('roles', context.getHandler())
    const { user } = context.switchToHttp().getRequest()
    return wanted === undefined || wanted.some((role) => user.roles.includes(role))
  }
}
`,
  ],
  [
    'src/login.controller.ts',
    `import { Body, Controller, Post, UnauthorizedException } from '@nestjs/common'
import { JwtService } from '@nestjs/jwt'
import { Open } from './open.decorator.js'

const readers = [
  { id: 1, name: 'ada', roles: ['librarian'] },
  { id: 2, name: 'ben', roles: ['reader'] },
]

@Controller()
export class LoginController {
  constructor(private readonly jwt: JwtService) {}

  @Open()
  @Post('login')
  async login(@Body() body: { name: string }) {
    const reader = readers.find(({ name }) => name === body.name)
    if (reader === undefined) throw new UnauthorizedException()
    const payload = { sub: reader.id, name: reader.name, roles: reader.roles }
    return { access_token: await this.jwt.signAsync(payload) }
  }
}
`,
  ],
  [
    'src/books.controller.ts',
    `import { Controller, Get, Req, UseGuards } from '@nestjs/common'
import { Open } from './open.decorator.js'
import { Partner } from './partner.decorator.js'
import { Roles } from './roles.guard.js'
import { StockGuard } from './stock.guard.js'

interface Reader { sub: number; name: string }

@Controller()
export class BooksController {
  @Get('me')
  me(@Req() request: { user: Reader }) {
    return { id: request.user.sub, name: request.user.name }
  }

  @Get('stock') @Roles('librarian')   stock() { return { books: 12 } }

  @Get('inventory') @UseGuards(StockGuard) inventory() { return { books: 13 } }

  @Partner()
  @Get('partner')
  partner() {
    return { isPartner: true }
  }

  @Open()
  @Get('open')
  open() {
    return { isOpen: true }
  }
}
`,
  ],
]
