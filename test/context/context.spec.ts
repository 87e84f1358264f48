import { AsyncLocalStorage } from 'node:async_hooks'
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import {
  Controller,
  Get,
  Inject,
  Injectable,
  UseGuards,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common'
import { beforeAll, describe, expect, it, jest } from '@jest/globals'
import {
  IdentityLoader,
  JwtAuthContext,
  JwtAuthModule,
  JwtGuard,
  OptionalAuth,
  Public,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

const USERS = 1000
const turn = () => new Promise((resolve) => setImmediate(resolve))

@Injectable()
class NamedIdentity implements IdentityLoader<{ name: string }> {
  async loadIdentity(claims: JwtClaims) {
    await turn()
    return { name: `name of ${claims.sub}` }
  }
}

@Injectable()
class Inner {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

  async seen() {
    const before = this.context.claims?.sub
    await turn()
    const identity = (await Promise.resolve(this.context.identity())) as { name: string } | undefined
    await new Promise<void>((resolve) => process.nextTick(resolve))
    const { claims, token } = this.context
    return { before, after: claims?.sub, name: identity?.name, token }
  }
}

@Injectable()
class Outer {
  constructor(@Inject(Inner) private readonly inner: Inner) {}

  async seen() {
    await turn()
    const [one, two] = await Promise.all([this.inner.seen(), this.inner.seen()])
    return { ...one, same: JSON.stringify(one) === JSON.stringify(two) }
  }
}

@Injectable()
class SubjectInterceptor implements NestInterceptor {
  constructor(@Inject(JwtAuthContext) private readonly context: JwtAuthContext) {}

  intercept(execution: ExecutionContext, next: CallHandler) {
    const response = execution.switchToHttp().getResponse<{ header(name: string, value: string): unknown }>()
    response.header('x-subject', this.context.claims?.sub ?? 'nobody')
    return next.handle()
  }
}

@Controller()
@UseInterceptors(SubjectInterceptor)
class MixedController {
  constructor(@Inject(Outer) private readonly outer: Outer) {}

  @Get('guarded')
  @UseGuards(JwtGuard)
  guarded() {
    return this.outer.seen()
  }

  @Get('optional')
  @UseGuards(JwtGuard)
  @OptionalAuth()
  optional() {
    return this.outer.seen()
  }

  @Get('unguarded')
  unguarded() {
    return this.outer.seen()
  }

  @Get('public')
  @Public()
  @UseGuards(JwtGuard)
  public() {
    return this.outer.seen()
  }
}

const anonymous = { same: true }

/** Runs before any guard: whatever it sees is left over from another request on the same connection. */
function seenByMiddleware(context: JwtAuthContext) {
  return (_request: IncomingMessage, response: ServerResponse, next: () => void) => {
    response.setHeader('x-left-over', context.claims?.sub ?? 'nothing')
    next()
  }
}

describe.each(adapters)('JwtAuthContext on $name', (adapter) => {
  let app: RunningApp
  let tokens: string[]

  beforeAll(async () => {
    app = await startApp(
      adapter,
      {
        imports: [
          JwtAuthModule.forRoot({ secret: SECRET, requestContext: true, identityLoader: NamedIdentity }),
        ],
        controllers: [MixedController],
        providers: [NamedIdentity, Outer, Inner],
      },
      { configure: (nest) => nest.use(seenByMiddleware(nest.get(JwtAuthContext))) },
    )
    const subjects = Array.from({ length: USERS }, (_, index) => `user-${index}`)
    tokens = await Promise.all(subjects.map((subject) => app.tokens.issueAccessToken(subject)))
  })

  const known = (index: number) => {
    const sub = `user-${index}`
    return { before: sub, after: sub, name: `name of ${sub}`, token: tokens[index], same: true }
  }

  it.each(['/unguarded', '/public', '/optional'])('is empty on %s without a token', async (path) => {
    const answer = await app.get(path)

    expect(answer).toMatchObject({ status: 200, headers: { 'x-subject': 'nobody' } })
    expect(answer.body).toEqual(anonymous)
  })

  it.each(['/unguarded', '/public'])('is empty on %s with a token that nobody reads', async (path) => {
    expect((await app.get(path, tokens[0])).body).toEqual(anonymous)
  })

  it('shows the caller to interceptors and nested services', async () => {
    const answer = await app.get('/guarded', tokens[7])

    expect(answer).toMatchObject({ status: 200, headers: { 'x-subject': 'user-7' } })
    expect(answer.body).toEqual(known(7))
  })

  it('shows nobody another user, with 1,000 in parallel on 16 kept connections', async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 16 })
    const paths = ['/guarded', '/unguarded', '/optional', '/public'] as const
    const calls = tokens.flatMap((token, index) => [
      { path: '/guarded' as const, index, token },
      // The same connection next serves somebody without a token, or a route that reads none.
      { path: paths[index % 4] ?? '/unguarded', index, token: index % 3 === 0 ? token : undefined },
    ])
    const results = await Promise.all(
      calls.map(async ({ path, index, token }) => {
        const headers: [string, string][] = token ? [['Authorization', `Bearer ${token}`]] : []
        return { path, index, token, answer: await app.send({ path, headers, agent }) }
      }),
    )
    agent.destroy()

    for (const { path, index, token, answer } of results) {
      expect(answer.headers['x-left-over']).toBe('nothing')
      if (path === '/guarded' && !token) {
        expect(answer.status).toBe(401)
        expect(answer.text).not.toContain('user-')
      } else {
        const reads = token !== undefined && (path === '/guarded' || path === '/optional')
        expect(answer.body).toEqual(reads ? known(index) : anonymous)
        expect(answer.headers['x-subject']).toBe(reads ? `user-${index}` : 'nobody')
      }
    }
  })
})

it.each(adapters)(
  'an app on $name that is closed leaves no store that a promise would look at',
  async (adapter) => {
    const entered = jest.spyOn(AsyncLocalStorage.prototype, 'run')
    const disabled = jest.spyOn(AsyncLocalStorage.prototype, 'disable')
    try {
      const auth = JwtAuthModule.forRoot({ secret: SECRET, requestContext: true })
      const app = await startApp(adapter, {
        imports: [auth],
        controllers: [MixedController],
        providers: [Outer, Inner],
      })
      await app.get('/public')
      await app.nest.close()

      expect(entered.mock.contexts.length).toBeGreaterThan(0)
      for (const storage of entered.mock.contexts) expect(disabled.mock.contexts).toContain(storage)
    } finally {
      jest.restoreAllMocks()
    }
  },
)
