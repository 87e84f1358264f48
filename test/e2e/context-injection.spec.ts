import { Controller, Get, Inject, Injectable, type Provider, Scope, UseGuards } from '@nestjs/common'
import { LazyModuleLoader, ModuleRef } from '@nestjs/core'
import { describe, expect, it } from '@jest/globals'
import { JwtAuthContext, JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core'
import { adapters, startApp } from '../support/adapters.js'
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
})
