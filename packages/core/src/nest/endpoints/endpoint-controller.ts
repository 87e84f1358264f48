import { Controller, Delete, Get, HttpCode, Post, type Type, UseFilters, UseGuards } from '@nestjs/common'
import { Public } from '../decorators/access.decorators.js'
import { NoStore } from '../decorators/no-store.decorator.js'
import { JwtGuard } from '../guard/jwt.guard.js'
import { EndpointAnswerFilter } from './endpoint-answer.js'
import {
  ENDPOINT_DEFAULTS,
  type EndpointName,
  endpointNames,
  type EndpointRoutes,
  loginRoute,
  POST_PATHS,
} from './endpoint-routes.js'
import { Endpoint, EndpointGuard } from './endpoint.guard.js'

type RouteDecorators = Readonly<Record<EndpointName, readonly MethodDecorator[]>>

/** The controller of the routes that are on, made for one app; none if all are off. */
export function endpointControllers(routes: EndpointRoutes): Type[] {
  const names = endpointNames(routes)
  if (names.length === 0) return []

  /** `EndpointGuard` answers before any of these methods would run. */
  @Controller(routes.path ?? ENDPOINT_DEFAULTS.path)
  class AuthController {
    login(): void {}
    refresh(): void {}
    logout(): void {}
    logoutAll(): void {}
    sessions(): void {}
    endSession(): void {}
  }

  const decorators = decoratorsOf(routes)
  for (const name of names) {
    const own = [Endpoint(name), NoStore(), UseFilters(EndpointAnswerFilter), ...decorators[name]]
    // The app's own stand nearest to the method: so their guards run before ours.
    decorate(AuthController.prototype, name, [...own, ...decoratorsOfApp(routes, name)])
  }
  return [AuthController]
}

function decoratorsOf(routes: EndpointRoutes): RouteDecorators {
  const open = [Public(), UseGuards(EndpointGuard)]
  const guarded = UseGuards(JwtGuard, EndpointGuard)
  return {
    login: [Post(loginRoute(routes).path), HttpCode(200), ...open],
    refresh: [Post(POST_PATHS.refresh), HttpCode(200), ...open],
    logout: [Post(POST_PATHS.logout), HttpCode(204), ...open],
    logoutAll: [Post(POST_PATHS.logoutAll), HttpCode(204), guarded],
    sessions: [Get('sessions'), HttpCode(200), guarded],
    endSession: [Delete('sessions/:id'), HttpCode(204), guarded],
  }
}

/** None if they are invalid, which is reported when the app boots. */
function decoratorsOfApp({ decorators }: EndpointRoutes, name: EndpointName): readonly MethodDecorator[] {
  const given: unknown = decorators?.[name]
  return Array.isArray(given) && given.every((decorator) => typeof decorator === 'function') ? given : []
}

/** Applies decorators to a method as if they were written above it in this order. */
function decorate(prototype: object, name: EndpointName, decorators: readonly MethodDecorator[]): void {
  const descriptor = Object.getOwnPropertyDescriptor(prototype, name)
  const decorated = Reflect.decorate([...decorators], prototype, name, descriptor)
  if (decorated !== undefined) Object.defineProperty(prototype, name, decorated)
}
