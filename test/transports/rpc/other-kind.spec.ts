import { Controller, type Type, UseGuards } from '@nestjs/common'
import { MessagePattern } from '@nestjs/microservices'
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { Claims, JwtAuthModule, JwtGuard, TokenService } from '@nest-jwt-auth/core'
import { SECRET } from '../../support/forge.js'
import { describeWith } from '../../support/services.js'
import { OnEvent } from '../drivers/rpc/on-event.js'
import { type RpcTransport, rpcTransports } from '../drivers/rpc/rpc-transports.js'
import { locationsFor, type RunningRpc, startRpc } from '../drivers/rpc/start-rpc.js'

const reached: string[] = []

function handlers(app: string): Type {
  @Controller()
  @UseGuards(JwtGuard)
  class OtherKindHandlers {
    @MessagePattern(`${app}.request`)
    request(@Claims('sub') sub: string) {
      reached.push(`request ${sub}`)
      return { sub }
    }

    @OnEvent(`${app}.event`)
    event(@Claims('sub') sub: string): void {
      reached.push(`event ${sub}`)
    }
  }
  return OtherKindHandlers
}

for (const transport of rpcTransports) {
  const name = `what a client sends over ${transport.name} to a handler of the other kind`
  if (transport.service === undefined) describe(name, () => otherKindOver(transport))
  else describeWith(transport.service, name, () => otherKindOver(transport))
}

function otherKindOver(transport: RpcTransport): void {
  let running: RunningRpc
  let token: string
  const rejections: unknown[] = []
  const onRejection = (reason: unknown) => void rejections.push(reason)

  beforeAll(async () => {
    process.on('unhandledRejection', onRejection)
    process.on('uncaughtException', onRejection)
    running = await startRpc(transport, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET, ...locationsFor(transport) })],
      handlers,
    })
    token = await running.app.get(TokenService).issueAccessToken('ida')
    reached.length = 0
  })
  afterAll(async () => {
    await running.close()
    process.off('unhandledRejection', onRejection)
    process.off('uncaughtException', onRejection)
  })

  it('reaches nobody without a token, and the app goes on', async () => {
    for (let at = 0; at < 20; at++) {
      await running.emit('request')
      await running.emit('request', 'no.token')
    }
    // Some transports do not answer a request for an event handler, so nobody waits for it.
    running.stream('event').subscribe({ error: () => undefined })
    running.stream('event', 'no.token').subscribe({ error: () => undefined })
    expect(await running.send('request', token)).toEqual({ sub: 'ida' })
    expect(reached).toEqual(['request ida'])
    expect(rejections).toEqual([])
  })
}
