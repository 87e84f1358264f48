import { Controller, type Type, UseGuards } from '@nestjs/common'
import { Payload } from '@nestjs/microservices'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  JwtAuthEvents,
  JwtAuthModule,
  JwtGuard,
  RequireScopes,
  TokenService,
} from '@nest-jwt-auth/core'
import { filter, firstValueFrom, Subject, take, toArray } from 'rxjs'
import { OnEvent } from '../drivers/rpc/on-event.js'
import { SECRET } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { describeWith } from '../../support/services.js'
import { type RpcTransport, rpcTransports } from '../drivers/rpc/rpc-transports.js'
import { locationsFor, type RunningRpc, startRpc } from '../drivers/rpc/start-rpc.js'

interface Handled {
  readonly handler: string
  readonly sub: string
}

const handled = new Subject<Handled>()

function eventHandlers(app: string): Type {
  @Controller()
  @UseGuards(JwtGuard)
  class EventHandlers {
    @OnEvent(`${app}.created`)
    created(@Payload() _data: object, @Claims('sub') sub: string): void {
      handled.next({ handler: 'created', sub })
    }

    @OnEvent(`${app}.deleted`)
    @RequireScopes('items:delete')
    deleted(@Payload() _data: object, @Claims('sub') sub: string): void {
      handled.next({ handler: 'deleted', sub })
    }
  }
  return EventHandlers
}

for (const transport of rpcTransports) {
  const name = `events over ${transport.name}`
  if (transport.service === undefined) describe(name, () => eventsOver(transport))
  else describeWith(transport.service, name, () => eventsOver(transport))
}

function eventsOver(transport: RpcTransport): void {
  let running: RunningRpc
  let tokens: TokenService
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => void rejections.push(reason)

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection)
    running = await startRpc(transport, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET, ...locationsFor(transport) })],
      handlers: eventHandlers,
    })
    tokens = running.app.get(TokenService)
  })
  afterAll(async () => {
    await running.close()
    process.off('unhandledRejection', onRejection)
  })

  const denied = () =>
    firstValueFrom(running.app.get(JwtAuthEvents).events$.pipe(filter(({ type }) => type === 'auth.denied')))

  it('reach their handler with a good token', async () => {
    const arrived = firstValueFrom(handled)
    await running.emit('created', await tokens.issueAccessToken('ida'))

    expect(await arrived).toEqual({ handler: 'created', sub: 'ida' })
  })

  it.each([
    ['created', undefined, 'token_missing'],
    ['created', 'no.token', 'token_malformed'],
    ['deleted', 'unscoped', 'insufficient_scope'],
  ])(
    'at %s with the token %s are dropped with a debug line and an event',
    async (pattern, kind, errorCode) => {
      logs.clear()
      const token = kind === 'unscoped' ? await tokens.issueAccessToken('ida') : kind
      const [event] = await Promise.all([denied(), running.emit(pattern, token)])
      const arrived = firstValueFrom(handled)
      await running.emit('created', await tokens.issueAccessToken('after'))

      // The one that was sent later has arrived alone.
      expect(await arrived).toEqual({ handler: 'created', sub: 'after' })
      expect(event).toMatchObject({
        transport: 'rpc',
        route: `EventHandlers.${pattern}`,
        errorCode,
        ...(transport.name === 'tcp' && { ip: '127.0.0.1' }),
      })
      expect(logs.text('debug')).toContain(`${errorCode}, at EventHandlers.${pattern}`)
      expect(logs.text('error')).toBe('')
      expect(rejections).toEqual([])
    },
  )

  it('keep coming after a hundred of them were refused', async () => {
    const all = firstValueFrom(
      running.app.get(JwtAuthEvents).events$.pipe(
        filter(({ type }) => type === 'auth.denied'),
        take(100),
        toArray(),
      ),
    )
    await Promise.all(Array.from({ length: 100 }, () => running.emit('created')))
    expect(await all).toHaveLength(100)
    const arrived = firstValueFrom(handled)
    await running.emit('created', await tokens.issueAccessToken('after'))

    expect(await arrived).toEqual({ handler: 'created', sub: 'after' })
    expect(rejections).toEqual([])
  })
}
