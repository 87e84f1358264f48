import {
  Controller,
  Delete,
  Get,
  HttpCode,
  Inject,
  Post,
  Req,
  type Type,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common'
import { Public } from '../decorators/access.decorators.js'
import { JwtGuard } from '../guard/jwt.guard.js'
import { AuthEndpoints, type ListedSession, type TokenAnswer } from './auth-endpoints.js'
import { keepContext } from './endpoint-context.js'
import { type EndpointRoutes, loginRoute } from './endpoint-routes.js'
import { NoStore } from '../decorators/no-store.decorator.js'

/**
 * The controllers of the routes that are named, made for one app. Their handlers take the request as it is, so no pipe
 * of the app's ever changes or refuses what these routes are sent.
 */
export function endpointControllers(routes: EndpointRoutes): Type[] {
  const { path = 'auth' } = routes
  return [
    ...(routes.login ? [loginController(path, loginRoute(routes).path)] : []),
    ...(routes.refresh ? [refreshController(path)] : []),
    ...(routes.logout ? [logoutController(path)] : []),
    ...(routes.logoutAll ? [logoutAllController(path)] : []),
    ...(routes.sessions ? [sessionsController(path)] : []),
  ]
}

function loginController(path: string, below: string): Type {
  @Controller(path)
  @UseInterceptors(keepContext)
  class LoginController {
    constructor(@Inject(AuthEndpoints) private readonly endpoints: AuthEndpoints) {}

    @Post(below)
    @HttpCode(200)
    @Public()
    @NoStore()
    login(@Req() request: object): Promise<TokenAnswer> {
      return this.endpoints.login(request)
    }
  }
  return LoginController
}

function refreshController(path: string): Type {
  @Controller(path)
  @UseInterceptors(keepContext)
  class RefreshController {
    constructor(@Inject(AuthEndpoints) private readonly endpoints: AuthEndpoints) {}

    @Post('refresh')
    @HttpCode(200)
    @Public()
    @NoStore()
    refresh(@Req() request: object): Promise<TokenAnswer> {
      return this.endpoints.refresh(request)
    }
  }
  return RefreshController
}

function logoutController(path: string): Type {
  @Controller(path)
  @UseInterceptors(keepContext)
  class LogoutController {
    constructor(@Inject(AuthEndpoints) private readonly endpoints: AuthEndpoints) {}

    @Post('logout')
    @HttpCode(204)
    @Public()
    @NoStore()
    logout(@Req() request: object): Promise<void> {
      return this.endpoints.logout(request)
    }
  }
  return LogoutController
}

function logoutAllController(path: string): Type {
  @Controller(path)
  @UseInterceptors(keepContext)
  class LogoutAllController {
    constructor(@Inject(AuthEndpoints) private readonly endpoints: AuthEndpoints) {}

    @Post('logout-all')
    @HttpCode(204)
    @UseGuards(JwtGuard)
    @NoStore()
    logoutAll(@Req() request: object): Promise<void> {
      return this.endpoints.logoutAll(request)
    }
  }
  return LogoutAllController
}

function sessionsController(path: string): Type {
  @Controller(path)
  @UseInterceptors(keepContext)
  class SessionsController {
    constructor(@Inject(AuthEndpoints) private readonly endpoints: AuthEndpoints) {}

    @Get('sessions')
    @UseGuards(JwtGuard)
    @NoStore()
    sessions(@Req() request: object): Promise<ListedSession[]> {
      return this.endpoints.sessions(request)
    }

    @Delete('sessions/:id')
    @HttpCode(204)
    @UseGuards(JwtGuard)
    @NoStore()
    endSession(@Req() request: object): Promise<void> {
      return this.endpoints.endSession(request)
    }
  }
  return SessionsController
}
