import type { Sources } from '../../docs/code-blocks.js'

/** CommonJS: passport-jwt with users from the app, a second secret for refresh tokens, and a method that signs at once. */
export const passportApp: Sources = [
  [
    'package.json',
    `{
    "name": "orders",
    "dependencies": {
        "@nestjs/common": "^12.0.0",
        "@nestjs/jwt": "^12.0.0",
        "@nestjs/passport": "^12.0.0",
        "passport-jwt": "^4.0.1"
    }
}
`,
  ],
  [
    'src/main.ts',
    `import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module';

async function bootstrap() {
  const app = await NestFactory.create(AppModule);
  await app.listen(process.env.PORT ?? 3000);
}
void bootstrap();
`,
  ],
  [
    'src/app.module.ts',
    `import { Module } from '@nestjs/common';
import { ConfigModule, ConfigService } from '@nestjs/config';
import { JwtModule } from '@nestjs/jwt';
import { PassportModule } from '@nestjs/passport';
import { AccountsController } from './accounts.controller';
import { AccessStrategy, RefreshStrategy } from './strategies';
import { Tokens } from './tokens';
import { Users } from './users';

@Module({
  imports: [
    ConfigModule.forRoot({ isGlobal: true }),
    PassportModule.register({ defaultStrategy: 'jwt' }),
    JwtModule.registerAsync({
      inject: [ConfigService],
      useFactory: (config: ConfigService) => ({
        secret: config.get<string>('JWT_SECRET'),
        signOptions: { expiresIn: '10m' },
      }),
    }),
  ],
  controllers: [AccountsController],
  providers: [AccessStrategy, RefreshStrategy, Tokens, Users],
})
export class AppModule {}
`,
  ],
  [
    'src/users.ts',
    `import { Injectable } from '@nestjs/common';

export interface User {
  id: string;
  email: string;
}

@Injectable()
export class Users {
  private readonly users: User[] = [{ id: 'u-1', email: 'ada@example.com' }];

  find(id: string) {
    return this.users.find((user) => user.id === id);
  }

  findByEmail(email: string) {
    return this.users.find((user) => user.email === email);
  }
}
`,
  ],
  [
    'src/strategies.ts',
    `import { Injectable, UnauthorizedException } from '@nestjs/common';
import { ConfigService } from '@nestjs/config';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { Users } from './users';

interface Payload {
  sub: string;
  email: string;
}

@Injectable()
export class AccessStrategy extends PassportStrategy(Strategy) {
  constructor(
    config: ConfigService,
    private readonly users: Users,
  ) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      ignoreExpiration: false,
      secretOrKey: config.getOrThrow<string>('JWT_SECRET'),
    });
  }

  async validate(payload: Payload) {
    const user = this.users.find(payload.sub);
    if (!user) {
      throw new UnauthorizedException();
    }
    return user;
  }
}

@Injectable()
export class RefreshStrategy extends PassportStrategy(Strategy, 'jwt-refresh') {
  constructor(config: ConfigService) {
    super({
      jwtFromRequest: ExtractJwt.fromBodyField('refresh_token'),
      secretOrKey: config.getOrThrow<string>('JWT_REFRESH_SECRET'),
    });
  }

  validate(payload: Payload) {
    return { id: payload.sub, email: payload.email };
  }
}
`,
  ],
  [
    'src/tokens.ts',
    `import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import type { User } from './users';

@Injectable()
export class Tokens {
  constructor(private readonly jwtService: JwtService) {}

  tokensOf(user: User) {
    const payload = { sub: user.id, email: user.email };
    return {
      access_token: this.jwtService.sign(payload),
      refresh_token: this.jwtService.sign(payload, {
        secret: process.env.JWT_REFRESH_SECRET,
        expiresIn: '7d',
      }),
    };
  }
}
`,
  ],
  [
    'src/jwt.guard.ts',
    `import { Injectable } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';

@Injectable()
export class LoggedIn extends AuthGuard('jwt') {}
`,
  ],
  [
    'src/accounts.controller.ts',
    `import { Body, Controller, Get, Post, Request, UnauthorizedException, UseGuards } from '@nestjs/common';
import { AuthGuard } from '@nestjs/passport';
import { LoggedIn } from './jwt.guard';
import { Tokens } from './tokens';
import { type User, Users } from './users';

@Controller()
export class AccountsController {
  constructor(
    private readonly users: Users,
    private readonly tokens: Tokens,
  ) {}

  @Post('login')
  login(@Body() body: { email: string }) {
    const user = this.users.findByEmail(body.email);
    if (!user) throw new UnauthorizedException();
    return this.tokens.tokensOf(user);
  }

  @Post('refresh')
  @UseGuards(AuthGuard('jwt-refresh'))
  refresh(@Request() request: { user: User }) {
    return this.tokens.tokensOf(request.user);
  }

  @Get('account')
  @UseGuards(LoggedIn)
  account(@Request() request: { user: User }) {
    return { email: request.user.email };
  }

  @Get('orders')
  @UseGuards(AuthGuard('jwt'))
  orders(@Request() request: { user: User; ip: string }) {
    return { of: request.user.id, known: request.ip !== '' };
  }
}
`,
  ],
]
