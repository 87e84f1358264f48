import { connect } from 'node:net'
import {
  type ArgumentsHost,
  Body,
  type CanActivate,
  Catch,
  Controller,
  type ExceptionFilter,
  Get,
  Inject,
  Injectable,
  type MiddlewareConsumer,
  Module,
  type NestMiddleware,
  type NestModule,
  type PipeTransform,
  Post,
  UseFilters,
  UseGuards,
  UseInterceptors,
  VersioningType,
  type INestApplication,
} from '@nestjs/common'
import { ExternalContextCreator, HttpAdapterHost } from '@nestjs/core'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  JwtAuthContext,
  JwtAuthContextInterceptor,
  JwtAuthModule,
  JwtGuard,
  Public,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

/** What `JwtAuthContext` said where, since the last request. */
const seen: Record<string, string | undefined> = {}

@Injectable()
class Recorder {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

  note(where: string): void {
    seen[where] = this.context.claims?.sub
  }
}

@Injectable()
class EarlyGuard implements CanActivate {
  constructor(@Inject(Recorder) private readonly recorder: Recorder) {}

  canActivate() {
    this.recorder.note('guard before ours')
    return true
  }
}

@Injectable()
class LateGuard implements CanActivate {
  constructor(@Inject(Recorder) private readonly recorder: Recorder) {}

  canActivate() {
    this.recorder.note('guard after ours')
    return true
  }
}

@Injectable()
class NotingPipe implements PipeTransform {
  constructor(@Inject(Recorder) private readonly recorder: Recorder) {}

  transform(value: unknown) {
    this.recorder.note('pipe')
    return value
  }
}

@Catch()
@Injectable()
class NotingFilter implements ExceptionFilter {
  constructor(
    @Inject(Recorder) private readonly recorder: Recorder,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {}

  catch(_error: unknown, host: ArgumentsHost) {
    this.recorder.note('filter')
    this.host.httpAdapter.reply(host.switchToHttp().getResponse<unknown>(), {}, 500)
  }
}

@Injectable()
class NotingMiddleware implements NestMiddleware {
  constructor(@Inject(Recorder) private readonly recorder: Recorder) {}

  use(_request: unknown, _response: unknown, next: () => void) {
    this.recorder.note('middleware')
    next()
  }
}

class Consumer {
  constructor(private readonly recorder: Recorder) {}

  onMessage() {
    this.recorder.note('message handler')
  }
}

@Controller('notes')
@UseGuards(EarlyGuard, JwtGuard, LateGuard)
class NotesController {
  constructor(
    @Inject(Recorder) private readonly recorder: Recorder,
    @Inject(ExternalContextCreator) private readonly creator: ExternalContextCreator,
  ) {}

  @Post()
  async write(@Body(NotingPipe) body: { text: string }) {
    await new Promise((resolve) => setImmediate(resolve))
    this.recorder.note('handler')
    return body
  }

  @Get('fails')
  @UseFilters(NotingFilter)
  fails(): never {
    throw new Error('broken')
  }

  @Get('public')
  @Public()
  open() {
    this.recorder.note('handler')
    return {}
  }

  @Get('calls')
  async calls() {
    const consumer = new Consumer(this.recorder)
    const call = this.creator.create(consumer, Reflect.get(consumer, 'onMessage'), 'onMessage')
    this.recorder.note('handler')
    await call('message')
    return {}
  }
}

@Controller('unguarded')
@UseInterceptors(JwtAuthContextInterceptor)
class UnguardedController {
  constructor(@Inject(Recorder) private readonly recorder: Recorder) {}

  @Get()
  read() {
    this.recorder.note('handler')
    return {}
  }
}

@Module({
  imports: [JwtAuthModule.forRoot({ secret: SECRET, requestContext: true })],
  controllers: [NotesController, UnguardedController],
  providers: [Recorder],
  exports: [Recorder],
})
class NotesModule implements NestModule {
  configure(consumer: MiddlewareConsumer) {
    consumer.apply(NotingMiddleware).forRoutes(NotesController, UnguardedController)
  }
}

const shapes: [shape: string, prefix: string, configure: (app: INestApplication) => void][] = [
  ['as it is', '', () => undefined],
  ['with a global prefix', '/api', (app) => void app.setGlobalPrefix('api')],
  [
    'with a prefix and versions in the path',
    '/api/v1',
    (app) => {
      app.setGlobalPrefix('api')
      app.enableVersioning({ type: VersioningType.URI, defaultVersion: '1' })
    },
  ],
  [
    'with a route outside its prefix',
    '',
    (app) =>
      void app.setGlobalPrefix('api', {
        exclude: ['notes', 'notes/public', 'notes/fails', 'notes/calls', 'unguarded'],
      }),
  ],
]

describe.each(adapters)('JwtAuthContext on $name', (adapter) => {
  describe.each(shapes)('in an app %s', (_, prefix, configure) => {
    let app: RunningApp
    let token: string

    beforeAll(async () => {
      app = await startApp(adapter, { imports: [NotesModule] }, { configure })
      token = await app.tokens.issueAccessToken('ida')
    })

    const send = async (work: () => Promise<unknown>) => {
      for (const where of Object.keys(seen)) delete seen[where]
      await work()
      return { ...seen }
    }

    it('knows the caller from the guard on', async () => {
      expect(await send(() => app.post(`${prefix}/notes`, { text: 'x' }, token))).toEqual({
        middleware: undefined,
        'guard before ours': undefined,
        'guard after ours': 'ida',
        pipe: 'ida',
        handler: 'ida',
      })
    })

    it('knows the caller in an exception filter', async () => {
      expect(await send(() => app.get(`${prefix}/notes/fails`, token))).toMatchObject({ filter: 'ida' })
    })

    it.each(['notes/public', 'unguarded'])('knows nobody at /%s', async (path) => {
      const found = await send(() => app.get(`${prefix}/${path}`, token))

      expect(found).toHaveProperty('handler', undefined)
      expect(Object.values(found).every((subject) => subject === undefined)).toBe(true)
    })

    it('knows nobody in what the handler calls without a request', async () => {
      expect(await send(() => app.get(`${prefix}/notes/calls`, token))).toMatchObject({
        handler: 'ida',
        'message handler': undefined,
      })
    })

    it('knows nobody outside requests', () => {
      expect(app.nest.get(JwtAuthContext).claims).toBeUndefined()
    })

    it('knows the caller whose body comes later', async () => {
      const found = await send(() => sendSlowly(app.port, `${prefix}/notes`, token))

      expect(found).toMatchObject({ 'guard after ours': 'ida', pipe: 'ida', handler: 'ida' })
    })
  })
})

/** A request whose body arrives in parts, each after the server has had time for the one before. */
function sendSlowly(port: number, path: string, token: string): Promise<string> {
  const body = JSON.stringify({ text: 'x'.repeat(100) })
  const head = [
    `POST ${path} HTTP/1.1`,
    `Host: 127.0.0.1:${port}`,
    `Authorization: Bearer ${token}`,
    'Content-Type: application/json',
    `Content-Length: ${body.length}`,
    'Connection: close',
    '\r\n',
  ].join('\r\n')
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.setNoDelay(true)
      void (async () => {
        for (const part of [head, body.slice(0, 20), body.slice(20)]) {
          socket.write(part)
          await new Promise((turn) => setTimeout(turn, 30))
        }
      })()
    })
    let answer = ''
    socket.on('data', (chunk) => (answer += String(chunk)))
    socket.on('end', () => resolve(answer))
    socket.on('error', reject)
  })
}
