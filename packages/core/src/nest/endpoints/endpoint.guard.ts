import { type CanActivate, type ExecutionContext, Inject, Injectable } from '@nestjs/common'
import { HttpAdapterHost } from '@nestjs/core'
import { AuthEndpoints } from './auth-endpoints.js'
import type { EndpointName } from './endpoint-routes.js'

const ENDPOINT = Symbol('nest-jwt-auth:endpoint')

/** Which ready-made route a handler serves. */
export function Endpoint(name: EndpointName): MethodDecorator {
  return (_target, _property, descriptor) =>
    Reflect.defineMetadata(ENDPOINT, name, descriptor.value as object)
}

/** The ready-made route that a handler serves; `undefined`: it is a handler of the app. */
export function endpointOf(handler: object): EndpointName | undefined {
  return Reflect.getMetadata(ENDPOINT, handler) as EndpointName | undefined
}

/**
 * Does the work of a ready-made route, and ends the request with its answer. As the last guard it runs after those of
 * the app, and before its interceptors and pipes: no cache, envelope or serializer of the app sees the answer.
 */
@Injectable()
export class EndpointGuard implements CanActivate {
  constructor(
    @Inject(AuthEndpoints) private readonly endpoints: AuthEndpoints,
    @Inject(HttpAdapterHost) private readonly adapterHost: HttpAdapterHost,
  ) {}

  async canActivate(context: ExecutionContext): Promise<never> {
    const name = Reflect.getMetadata(ENDPOINT, context.getHandler()) as EndpointName
    const response = context.switchToHttp().getResponse<unknown>()
    const { httpAdapter } = this.adapterHost
    if (!httpAdapter.isHeadersSent(response)) httpAdapter.setHeader(response, 'Cache-Control', 'no-store')
    throw await this.endpoints.answer(name, context)
  }
}
