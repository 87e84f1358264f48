import { Metadata } from '@grpc/grpc-js'
import { Controller, UseGuards } from '@nestjs/common'
import { GrpcMethod, GrpcStreamCall, GrpcStreamMethod } from '@nestjs/microservices'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  type AuthErrorCode,
  Claims,
  JwtAuthError,
  JwtAuthEvents,
  JwtAuthModule,
  JwtGuard,
  Public,
  RequireScopes,
  TokenService,
} from '@nest-jwt-auth/core'
import { filter, firstValueFrom, from, lastValueFrom, map, Observable, of, toArray } from 'rxjs'
import { SECRET } from '../../support/forge.js'
import { type GrpcAnswer, type GrpcError, type RunningGrpc, startGrpc } from '../drivers/rpc/start-grpc.js'

interface Call {
  on(event: 'data' | 'end', listener: () => void): unknown
  write(answer: GrpcAnswer): void
  end(): void
}

let passedThrough = 0
/** Whether the handlers of calls that are passed through refuse them. */
let refusesPassedThrough = false
/** What the handler of `Remove` refuses with. */
let thrown: AuthErrorCode

/** Nest puts a function of its own in the place of a handler with `@GrpcStreamMethod`. */
@Controller()
class PolicyHandlers {
  @RequireScopes('items:read')
  @GrpcStreamMethod('Handlers', 'Chat')
  above(requests: Observable<unknown>): Observable<GrpcAnswer> {
    return requests.pipe(map(() => ({ sub: 'above' })))
  }

  @GrpcStreamMethod('Handlers', 'Collect')
  @RequireScopes('items:read')
  below(requests: Observable<unknown>): Observable<GrpcAnswer> {
    return requests.pipe(
      toArray(),
      map(() => ({ sub: 'below' })),
    )
  }
}

@Controller()
@UseGuards(JwtGuard)
class GrpcHandlers {
  @GrpcMethod('Handlers', 'Whoami')
  whoami(_request: unknown, _metadata: Metadata, @Claims('sub') sub?: string): GrpcAnswer {
    return { sub: sub ?? '' }
  }

  @GrpcMethod('Handlers', 'Open')
  @Public()
  open(): GrpcAnswer {
    return { sub: 'anybody' }
  }

  @GrpcMethod('Handlers', 'Remove')
  remove(): GrpcAnswer {
    throw new JwtAuthError(thrown)
  }

  @GrpcMethod('Handlers', 'Watch')
  watch(): Observable<GrpcAnswer> {
    return of({ sub: 'first' }, { sub: 'second' })
  }

  @GrpcStreamMethod('Handlers', 'Collect')
  collect(requests: Observable<unknown>): Observable<GrpcAnswer> {
    return requests.pipe(
      toArray(),
      map(({ length }) => ({ sub: String(length) })),
    )
  }

  @GrpcStreamMethod('Handlers', 'Chat')
  chat(requests: Observable<unknown>): Observable<GrpcAnswer> {
    return requests.pipe(map(() => ({ sub: 'answer' })))
  }

  @GrpcStreamCall('Handlers', 'PassedThrough')
  passedThrough(call: Call): void {
    passedThrough += 1
    if (refusesPassedThrough) throw new JwtAuthError('insufficient_claims')
    call.on('data', () => call.write({ sub: 'answer' }))
    call.on('end', () => call.end())
  }

  @GrpcStreamCall('Handlers', 'PassedThroughOnce')
  passedThroughOnce(call: Call, callback: (error: null, answer: GrpcAnswer) => void): void {
    passedThrough += 1
    if (refusesPassedThrough) throw new JwtAuthError('insufficient_claims')
    call.on('data', () => {})
    call.on('end', () => callback(null, { sub: 'answer' }))
  }
}

describe('gRPC', () => {
  let running: RunningGrpc
  let token: string
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => void rejections.push(reason)

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection)
    running = await startGrpc({
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [GrpcHandlers],
    })
    token = await running.app.get(TokenService).issueAccessToken('ida')
  })
  afterAll(async () => {
    await running.close()
    process.off('unhandledRejection', onRejection)
  })

  const two = () => from([{}, {}])
  const STREAMS = [
    ['Watch', () => ({}), ['first', 'second']],
    ['Collect', two, ['2']],
    ['Chat', two, ['answer', 'answer']],
    ['PassedThrough', two, ['answer', 'answer']],
    ['PassedThroughOnce', two, ['answer']],
  ] as const

  it.each(STREAMS)('answers the stream %s with a token', async (method, request, expected) => {
    const answers = await lastValueFrom(running.call(method, token, request()).pipe(toArray()))

    expect(answers.map(({ sub }) => sub)).toEqual(expected)
  })

  it.each(STREAMS)('refuses the stream %s without one, and goes on', async (method, request, _expected) => {
    const before = passedThrough
    const error = await refusal(running.call(method, undefined, request()))

    expect(error).toMatchObject({ code: 16, details: 'A token is required.' })
    expect(error.metadata.get('errorCode')).toEqual(['token_missing'])
    expect(await firstValueFrom(running.call('Whoami', token))).toEqual({ sub: 'ida' })
    expect(passedThrough).toBe(before)
    expect(rejections).toEqual([])
  })

  it.each([
    ['request_invalid', 3],
    ['credentials_invalid', 16],
    ['insufficient_claims', 7],
    ['store_unavailable', 14],
  ] as const)('gives a refusal of the handler the same form: %s', async (errorCode, code) => {
    thrown = errorCode
    const error = await refusal(running.call('Remove', token))

    expect(error).toMatchObject({ code, details: new JwtAuthError(errorCode).getResponse().message })
    expect(error.metadata.get('errorCode')).toEqual([errorCode])
  })

  it.each(['PassedThrough', 'PassedThroughOnce'] as const)(
    'ends the stream %s with a refusal of its handler, and goes on',
    async (method) => {
      refusesPassedThrough = true
      const error = await refusal(running.call(method, token, two()))
      refusesPassedThrough = false

      expect(error).toMatchObject({ code: 7 })
      expect(error.metadata.get('errorCode')).toEqual(['insufficient_claims'])
      expect(await firstValueFrom(running.call('Whoami', token))).toEqual({ sub: 'ida' })
      expect(rejections).toEqual([])
    },
  )

  it('tells who was refused', async () => {
    const denied = firstValueFrom(
      running.app.get(JwtAuthEvents).events$.pipe(filter(({ type }) => type === 'auth.denied')),
    )
    await refusal(running.call('Whoami'))

    expect(await denied).toMatchObject({
      transport: 'rpc',
      route: 'GrpcHandlers.whoami',
      ip: '127.0.0.1',
      userAgent: expect.stringContaining('grpc'),
    })
  })

  it('reads the token of the metadata in any case, and nothing of the request', async () => {
    const metadata = new Metadata()
    metadata.set('Authorization', `bearer ${token}`)

    expect(await firstValueFrom(running.call('Whoami', undefined, {}, metadata))).toEqual({ sub: 'ida' })
    const error = await refusal(running.call('Whoami', undefined, { authorization: `Bearer ${token}` }))
    expect(error.metadata.get('errorCode')).toEqual(['token_missing'])
  })

  it('never reads two tokens', async () => {
    const metadata = new Metadata()
    metadata.set('authorization', `Bearer ${token}, Bearer ${token}`)

    const error = await refusal(running.call('Whoami', undefined, {}, metadata))
    expect(error.metadata.get('errorCode')).toEqual(['token_malformed'])
  })
})

describe('a policy on a gRPC stream', () => {
  let running: RunningGrpc

  beforeAll(async () => {
    running = await startGrpc({
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [PolicyHandlers],
    })
  })
  afterAll(() => running.close())

  it.each([
    ['above', 'Chat'],
    ['below', 'Collect'],
  ] as const)('is asked when it stands %s @GrpcStreamMethod', async (expected, method) => {
    const tokens = running.app.get(TokenService)
    const good = await tokens.issueAccessToken('ida', { claims: { scope: 'items:read' } })
    const error = await refusal(running.call(method, await tokens.issueAccessToken('ida'), of({})))

    expect(error).toMatchObject({ code: 7 })
    expect(error.metadata.get('errorCode')).toEqual(['insufficient_scope'])
    expect(await lastValueFrom(running.call(method, good, of({})))).toEqual({ sub: expected })
  })
})

async function refusal(answers: Observable<unknown>): Promise<GrpcError> {
  try {
    await lastValueFrom(answers.pipe(toArray()))
  } catch (error) {
    return error as GrpcError
  }
  throw new Error('The call was not refused.')
}
