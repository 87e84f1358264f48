import {
  Controller,
  Get,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  type NestModule,
  type OnModuleInit,
  type Provider,
  Scope,
  UseGuards,
} from '@nestjs/common'
import { LazyModuleLoader, ModuleRef } from '@nestjs/core'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthContext, JwtAuthModule, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { adapters, startApp, startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

/** The one class of each app that asks for the context. */
abstract class Reader {
  abstract subject(): string | undefined | Promise<string | undefined>
}

@Injectable()
class ByConstructor extends Reader {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {
    super()
  }

  subject() {
    return this.context.claims?.sub
  }
}

@Injectable()
class ByProperty extends Reader {
  @Inject() private readonly context!: JwtAuthContext

  subject() {
    return this.context.claims?.sub
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest extends ByConstructor {}

@Injectable({ scope: Scope.TRANSIENT })
class Transient extends ByConstructor {}

@Injectable()
class ByModuleRef extends Reader {
  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {
    super()
  }

  subject() {
    return this.modules.get(JwtAuthContext, { strict: false }).claims?.sub
  }
}

class LazyModule {}

@Injectable()
class ByLazyModule extends Reader {
  constructor(@Inject(LazyModuleLoader) private readonly loader: LazyModuleLoader) {
    super()
  }

  async subject() {
    const lazy = await this.loader.load(() => ({ module: LazyModule, providers: [ByConstructor] }))
    return lazy.get(ByConstructor).subject()
  }
}

const byFactory: Provider = {
  provide: Reader,
  useFactory: (context: JwtAuthContext) => new ByConstructor(context),
  inject: [JwtAuthContext],
}

@Controller()
class ReadingController {
  constructor(@Inject(Reader) private readonly reader: Reader) {}

  @Get()
  @UseGuards(JwtGuard)
  async read() {
    return { subject: await this.reader.subject() }
  }
}

/** What a middleware class has of the request is for what it does when that is over. */
@Injectable()
class Middleware implements NestMiddleware {
  static latest: JwtAuthContext

  constructor(@Inject(JwtAuthContext) context: JwtAuthContext) {
    Middleware.latest = context
  }

  use(_request: unknown, _response: unknown, next: () => void) {
    next()
  }
}

@Module({})
class MiddlewareModule implements NestModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(Middleware).forRoutes('*path')
  }
}

@Module({})
class TakingModule implements OnModuleInit {
  static latest: JwtAuthContext

  constructor(@Inject(ModuleRef) private readonly modules: ModuleRef) {}

  onModuleInit() {
    TakingModule.latest = this.modules.get(JwtAuthContext, { strict: false })
  }
}

describe.each(adapters)('JwtAuthContext on $name', (adapter) => {
  it.each<[string, Provider]>([
    ['by a constructor', { provide: Reader, useClass: ByConstructor }],
    ['by a property', { provide: Reader, useClass: ByProperty }],
    ['by a class of request scope', { provide: Reader, useClass: PerRequest }],
    ['by a transient class', { provide: Reader, useClass: Transient }],
    ['by a factory', byFactory],
    ['by a ModuleRef', { provide: Reader, useClass: ByModuleRef }],
    ['in a module that is loaded later', { provide: Reader, useClass: ByLazyModule }],
  ])('is kept where it is asked for %s alone', async (_, reader) => {
    const app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [ReadingController],
      providers: [reader],
    })
    const token = await app.tokens.issueAccessToken('ida')

    expect((await app.get('/', token)).body).toEqual({ subject: 'ida' })
  })

  it.each([
    { where: 'a middleware class', module: MiddlewareModule, latest: () => Middleware.latest },
    { where: "a module's life cycle hook", module: TakingModule, latest: () => TakingModule.latest },
  ])('is kept where it is asked for in $where alone', async ({ module, latest }) => {
    const app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET }), module],
      controllers: [ReadingController],
      providers: [{ provide: Reader, useValue: { subject: () => latest().claims?.sub } }],
    })

    expect((await app.get('/', await app.tokens.issueAccessToken('ida'))).body).toEqual({ subject: 'ida' })
  })

  it('is undefined, and no mistake, for a guard that is called by hand without routes', async () => {
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })
    const token = await module.get(TokenService).issueAccessToken('ida')
    const request = { headers: { authorization: `Bearer ${token}` } }
    const handler = () => undefined
    class Type {}
    const context = new ExecutionContextHost([request, {}], Type, handler)
    context.setType('http')
    await module.get(JwtGuard).canActivate(context)

    expect(module.get(JwtAuthContext).claims).toBeUndefined()
  })
})
