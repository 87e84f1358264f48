import { afterEach, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { Transport } from '@nestjs/microservices'
import { setTimeout as wait } from 'node:timers/promises'
import { CutLine } from '../../support/cut-line.js'
import { SECRET } from '../../support/forge.js'
import { describeWith, serviceAt } from '../../support/services.js'
import { rpcHandlers } from '../drivers/rpc/rpc-handlers.js'
import { mqtt, rabbitmq, redis, type RpcTransport } from '../drivers/rpc/rpc-transports.js'
import { locationsFor, type RunningRpc, startRpc } from '../drivers/rpc/start-rpc.js'

/** The options of app and client by the port of the line to the broker. */
const VIA: readonly [transport: RpcTransport, options: (port: number) => RpcTransport['options']][] = [
  [
    redis,
    (port) => () => ({
      transport: Transport.REDIS,
      options: { host: '127.0.0.1', port, retryAttempts: 1000, retryDelay: 50 },
    }),
  ],
  [
    mqtt,
    (port) => () => ({
      transport: Transport.MQTT,
      options: { url: `mqtt://127.0.0.1:${port}`, protocolVersion: 5, reconnectPeriod: 50 },
    }),
  ],
  [
    rabbitmq,
    (port) => (app) => ({
      transport: Transport.RMQ,
      options: {
        urls: [`amqp://127.0.0.1:${port}`],
        queue: app,
        queueOptions: { autoDelete: true },
        socketOptions: { reconnectTimeInSeconds: 0.05 },
      },
    }),
  ],
]

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** What the app answers once its connections are back. Messages that were sent meanwhile may be lost. */
async function answerOf(running: RunningRpc, token?: string): Promise<unknown> {
  for (;;) {
    const answer = running.send('whoami', token).catch((error: unknown) => error)
    const result = await Promise.race([answer, wait(500)])
    if (typeof result === 'object' && result !== null && ('sub' in result || 'errorCode' in result)) {
      return result
    }
    await wait(20)
  }
}

for (const [transport, via] of VIA) {
  if (transport.service === undefined) throw new Error('These are transports with a broker.')
  const { service } = transport
  describeWith(service, `a broken line to the broker of ${transport.name}`, () => {
    it('neither ends the app nor lets anybody in, and its clients send their tokens again', async () => {
      const rejections: unknown[] = []
      const onRejection = (reason: unknown) => void rejections.push(reason)
      process.on('unhandledRejection', onRejection)
      closers.push(async () => void process.off('unhandledRejection', onRejection))
      const { hostname, port } = new URL(serviceAt(service))
      const line = new CutLine({ host: hostname, port: Number(port) })
      await line.join()
      closers.unshift(() => line.cut())
      const running = await startRpc(
        { ...transport, options: via(line.port) },
        {
          imports: [JwtAuthModule.forRoot({ secret: SECRET, ...locationsFor(transport) })],
          handlers: rpcHandlers,
        },
      )
      closers.unshift(() => running.close())
      const token = await running.app.get(TokenService).issueAccessToken('ida')
      expect(await running.send('whoami', token)).toEqual({ sub: 'ida' })

      await line.cut()
      await line.join()
      expect(await answerOf(running, token)).toEqual({ sub: 'ida' })
      expect(await answerOf(running)).toMatchObject({ status: 401, errorCode: 'token_missing' })
      expect(rejections).toEqual([])
    })
  })
}
