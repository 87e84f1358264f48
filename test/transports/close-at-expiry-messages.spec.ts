import { Controller, UseGuards } from '@nestjs/common'
import { GrpcMethod, MessagePattern } from '@nestjs/microservices'
import { describe, expect, it } from '@jest/globals'
import { CloseAtExpiry, JwtAuthModule, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { NEVER, Observable, startWith } from 'rxjs'
import { startGrpc } from './drivers/rpc/start-grpc.js'
import { tcp } from './drivers/rpc/rpc-transports.js'
import { locationsFor, startRpc } from './drivers/rpc/start-rpc.js'

const secret = 'MvhaWyVh5i7Uo3AOtLuPPl0sX6rYJ9Qk'

let onStopped: () => void = () => undefined
const stopped = () => new Promise<void>((resolve) => (onStopped = resolve))

/** Emits once, and then hangs until it is unsubscribed from. */
function hanging(): Observable<object> {
  return new Observable((subscriber) => {
    const subscription = NEVER.pipe(startWith({ sub: 'first' })).subscribe(subscriber)
    return () => {
      subscription.unsubscribe()
      onStopped()
    }
  })
}

@Controller()
@UseGuards(JwtGuard)
class GrpcStreams {
  @GrpcMethod('Handlers', 'Watch')
  @CloseAtExpiry()
  watch() {
    return hanging()
  }
}

function tcpStreams(app: string) {
  @Controller()
  @UseGuards(JwtGuard)
  class TcpStreams {
    @MessagePattern(`${app}.watch`)
    @CloseAtExpiry()
    watch() {
      return hanging()
    }
  }
  return TcpStreams
}

/** Waits for what the client gets in the place of an end. */
function errorOf(stream: Observable<unknown>, onFirst: () => unknown): Promise<unknown> {
  return new Promise((resolve, reject) => {
    stream.subscribe({
      next: () => void onFirst(),
      error: resolve,
      complete: () => reject(new Error('a regular end')),
    })
  })
}

describe('@CloseAtExpiry() on the Observable of a message handler', () => {
  it('fails over gRPC when the token is revoked', async () => {
    const running = await startGrpc({
      imports: [JwtAuthModule.forRoot({ secret })],
      controllers: [GrpcStreams],
    })
    const tokens = running.app.get(TokenService)
    const { accessToken } = await tokens.issue('ada')
    const over = stopped()
    const error = await errorOf(running.call('Watch', accessToken), () => tokens.revokeAll('ada'))
    expect(error).toMatchObject({ code: 16 })
    expect((error as { metadata: { get(name: string): string[] } }).metadata.get('errorCode')).toEqual([
      'token_revoked',
    ])
    await over
    await running.close()
  })

  it('fails over TCP when the token expires', async () => {
    const clock = new FakeClock()
    const running = await startRpc(tcp, {
      imports: [JwtAuthModule.forRoot({ secret, ...locationsFor(tcp) })],
      handlers: tcpStreams,
      clock,
    })
    const token = await running.app.get(TokenService).issueAccessToken('ada', { expiresIn: '1m' })
    const over = stopped()
    const stream = running.stream('watch', token)
    expect(await errorOf(stream, () => clock.advance('1m'))).toMatchObject({
      status: 401,
      errorCode: 'token_expired',
    })
    await over
    await running.close()
  })
})
