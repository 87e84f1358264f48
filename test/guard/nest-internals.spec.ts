import {
  Catch,
  Controller,
  Get,
  Inject,
  Injectable,
  Module,
  RequestMethod,
  Scope,
  Sse,
  UseGuards,
  Version,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type NestInterceptor,
} from '@nestjs/common'
import { APP_GUARD, ApplicationConfig, ModulesContainer, RouterModule } from '@nestjs/core'
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices'
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets'
import { beforeEach, describe, expect, it } from '@jest/globals'
import {
  addLastAskedFilter,
  addOutermostInterceptor,
  appGuards,
  boundGuards,
  controllerMapping,
  findInstances,
  findProviders,
  gatewayMessages,
  inheritsConfig,
  isEventHandler,
  isGateway,
  isScoped,
  isSseHandler,
  messagePatterns,
  modulePaths,
  routeMapping,
  runsGlobalGuardsOnGateways,
} from '../../packages/core/src/nest/nest-internals.js'
import { EMPTY } from 'rxjs'
import { adapters, startApp, startModule } from '../support/adapters.js'
import { nestVersion } from '../support/nest-version.js'

/** The minor versions of Nest that this suite is run on: the projects of `test/jest-preset.mjs`. */
const TRIED = ['11.1', '11.2', '12.0', '12.5']

const [major = '', minor = ''] = nestVersion.split('.')

@Injectable()
class FirstGuard implements CanActivate {
  canActivate() {
    return true
  }
}

@Injectable()
class SecondGuard extends FirstGuard {}

@UseGuards(FirstGuard)
class Base {
  @UseGuards(SecondGuard)
  handler() {}

  bare() {}
}

class Derived extends Base {}

@UseGuards(SecondGuard)
class DerivedWithOwn extends Base {}

const methodOf = (type: { readonly prototype: object }, name: string) =>
  Reflect.get(type.prototype, name) as object
const handlerOf = (name: 'handler' | 'bare') => methodOf(Base, name)

@Injectable()
class Single {}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient {}

@Injectable()
class InjectsPerRequest {
  constructor(@Inject(PerRequest) readonly inner: PerRequest) {}
}

@Controller('guarded')
@UseGuards(FirstGuard)
class GuardedController {
  @Get()
  read(): never {
    throw new Error('broken')
  }

  @Get('fine')
  fine() {
    order.push('handler')
    return {}
  }
}

@Module({ providers: [Single, PerRequest, Transient, InjectsPerRequest] })
class InnerModule {}

/** What ran, in order. */
const order: string[] = []

@Catch()
class NotingFilter implements ExceptionFilter {
  constructor(private readonly name: string) {}

  catch(_error: unknown, host: ArgumentsHost): void {
    order.push(this.name)
    const response = host.switchToHttp().getResponse<{ status(code: number): { send(body: object): void } }>()
    response.status(500).send({})
  }
}

class NotingInterceptor implements NestInterceptor {
  constructor(private readonly name: string) {}

  intercept(_context: unknown, next: CallHandler) {
    order.push(this.name)
    return next.handle()
  }
}

describe('what this library relies on in Nest, without a promise of its documentation', () => {
  it('was tried on the installed version', () => {
    expect(TRIED).toContain(`${major}.${minor}`)
  })

  it('the guards that are bound to a handler, and to no other', () => {
    expect(boundGuards(handlerOf('handler'))).toEqual([SecondGuard])
    expect(boundGuards(handlerOf('bare'))).toEqual([])
  })

  it('the guards that are bound to a class, with those of its base class', () => {
    expect(boundGuards(Base)).toEqual([FirstGuard])
    expect(boundGuards(Derived)).toEqual([FirstGuard])
    expect(boundGuards(DerivedWithOwn)).toEqual([FirstGuard, SecondGuard])
  })

  it('which handlers send events', () => {
    class EventsController {
      @Sse('events')
      events() {
        return EMPTY
      }
    }

    expect(isSseHandler(methodOf(EventsController, 'events'))).toBe(true)
    expect(isSseHandler(handlerOf('handler'))).toBe(false)
  })

  it('the path, version and host of a controller', () => {
    @Controller({ path: ['a', 'b'], version: '1', host: 'api.example.com' })
    class Mapped {}

    expect(controllerMapping(Mapped)).toEqual({ paths: ['a', 'b'], version: '1', hosts: ['api.example.com'] })
    expect(controllerMapping(Single)).toBeUndefined()
  })

  it('the path, method and version of a route', () => {
    class Routes {
      @Get('list')
      @Version('2')
      list() {}
    }

    expect(routeMapping(methodOf(Routes, 'list'))).toEqual({
      paths: ['list'],
      method: RequestMethod.GET,
      version: '2',
    })
    expect(routeMapping(handlerOf('handler'))).toBeUndefined()
  })

  it('the patterns of handlers of messages, and which of them are for events', () => {
    class Messages {
      @MessagePattern('sum')
      sum() {}

      @EventPattern({ done: true })
      done() {}
    }

    const [sum, done] = [methodOf(Messages, 'sum'), methodOf(Messages, 'done')]
    expect(messagePatterns(sum)).toEqual(['sum'])
    expect(messagePatterns(done)).toEqual([{ done: true }])
    expect([isEventHandler(sum), isEventHandler(done)]).toEqual([false, true])
    expect(messagePatterns(handlerOf('handler'))).toEqual([])
  })

  it('gateways and the messages of their handlers', () => {
    @WebSocketGateway()
    class Gateway {
      @SubscribeMessage('news')
      news() {}
    }

    expect([isGateway(Gateway), isGateway(Single)]).toEqual([true, false])
    expect(gatewayMessages(methodOf(Gateway, 'news'))).toEqual(['news'])
    expect(gatewayMessages(handlerOf('handler'))).toEqual([])
  })

  it('from which version on global guards are run on gateways', async () => {
    const app = await startModule({ imports: [InnerModule] })

    expect(runsGlobalGuardsOnGateways(app.get(ApplicationConfig))).toBe(Number(major) >= 12)
  })

  it('whether a microservice of a hybrid app inherits its configuration', async () => {
    const module = await startModule({ imports: [InnerModule] })
    const app = module.createNestApplication({ logger: false })
    const options = { transport: Transport.TCP } as const
    app.connectMicroservice(options, { inheritAppConfig: true })
    app.connectMicroservice(options)
    const config = app.get(ApplicationConfig)

    expect(app.getMicroservices().map((one) => inheritsConfig(one, config))).toEqual([true, false])
    await app.close()
  })

  it('the providers of every module, each with its instance', async () => {
    const app = await startModule({ imports: [InnerModule] })
    const found = findProviders(app.get(ModulesContainer), Single)

    expect(found).toHaveLength(1)
    expect(found[0]?.module.metatype).toBe(InnerModule)
    expect(found[0]?.wrapper.instance).toBeInstanceOf(Single)
  })

  it.each([
    { type: Single, scoped: false },
    { type: PerRequest, scoped: true },
    { type: Transient, scoped: true },
    { type: InjectsPerRequest, scoped: true },
  ])('whether there is one instance: $type.name', async ({ type, scoped }) => {
    const app = await startModule({ imports: [InnerModule] })
    const [found] = findProviders(app.get(ModulesContainer), type)

    expect(found && isScoped(found)).toBe(scoped)
  })

  it('the instances of guards that are bound by their class', async () => {
    const app = await startModule({ controllers: [GuardedController] })
    const guards = findInstances(app.get(ModulesContainer), FirstGuard)

    expect(guards).toEqual([expect.any(FirstGuard)])
  })

  it('what the modules provide as APP_GUARD: classes, or else instances', async () => {
    const made = new FirstGuard()
    const app = await startModule({
      imports: [InnerModule],
      providers: [
        SecondGuard,
        { provide: APP_GUARD, useExisting: SecondGuard },
        { provide: APP_GUARD, useClass: FirstGuard },
        { provide: APP_GUARD, useFactory: () => made },
        { provide: APP_GUARD, useValue: made },
        { provide: APP_GUARD, useClass: SecondGuard, scope: Scope.REQUEST },
      ],
    })

    expect(appGuards(app.get(ModulesContainer))).toEqual([SecondGuard, FirstGuard, made, made, SecondGuard])
  })

  it('the paths that RouterModule gives to modules', async () => {
    class Other {}
    Module({})(Other)
    const routes = [{ path: 'a/', module: Other, children: [{ path: '/b', children: [InnerModule] }] }]
    const app = await startModule({ imports: [InnerModule, Other, RouterModule.register(routes)] })

    expect([...modulePaths(app.get(ModulesContainer))]).toEqual([
      [Other, '/a'],
      [InnerModule, '/a/b'],
    ])
  })

  it('the instances that tests put in the place of guards', async () => {
    const other = { canActivate: () => true }
    const app = await startModule(
      { controllers: [GuardedController] },
      { override: (builder) => builder.overrideGuard(FirstGuard).useValue(other) },
    )

    expect(findInstances(app.get(ModulesContainer), FirstGuard)).toEqual([other])
  })
})

describe.each(adapters)('the order of what is global on $name', (adapter) => {
  beforeEach(() => {
    order.length = 0
  })

  it('the filters of the app are asked before the one of this library', async () => {
    const app = await startApp(
      adapter,
      { controllers: [GuardedController] },
      {
        configure: (nest) => {
          nest.useGlobalFilters(new NotingFilter('of the app'))
          addLastAskedFilter(nest.get(ApplicationConfig), new NotingFilter('of the library'))
        },
      },
    )
    await app.get('/guarded')

    expect(order).toEqual(['of the app'])
  })

  it('the interceptor of this library runs before those of the app', async () => {
    const app = await startApp(
      adapter,
      { controllers: [GuardedController] },
      {
        configure: (nest) => {
          nest.useGlobalInterceptors(new NotingInterceptor('of the app'))
          addOutermostInterceptor(nest.get(ApplicationConfig), new NotingInterceptor('of the library'))
        },
      },
    )
    await app.get('/guarded/fine')

    expect(order).toEqual(['of the library', 'of the app', 'handler'])
  })
})
