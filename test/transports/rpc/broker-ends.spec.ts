import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterEach, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { type NatsOptions, Transport } from '@nestjs/microservices'
import { filter, firstValueFrom } from 'rxjs'
import { SECRET } from '../../support/forge.js'
import { freePort } from '../../support/free-port.js'
import { describeWith } from '../../support/services.js'
import { rpcHandlers } from '../drivers/rpc/rpc-handlers.js'
import { nats, type RpcTransport } from '../drivers/rpc/rpc-transports.js'
import { startRpc } from '../drivers/rpc/start-rpc.js'

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function startNats(program: string, port: number): Promise<ChildProcess> {
  const args = ['--addr', '127.0.0.1', '--port', String(port)]
  const server = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
  closers.push(() => kill(server))
  for await (const text of server.stderr) {
    if (String(text).includes('Server is ready')) break
  }
  return server
}

async function kill(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return
  const exited = once(server, 'exit')
  server.kill('SIGKILL')
  await exited
}

describeWith('nats-server', 'a broker that is killed and comes back', (program) => {
  it('neither ends the app nor lets anybody in, and its clients send their tokens again', async () => {
    const rejections: unknown[] = []
    const onRejection = (reason: unknown) => void rejections.push(reason)
    process.on('unhandledRejection', onRejection)
    closers.push(async () => void process.off('unhandledRejection', onRejection))
    const port = await freePort()
    const server = await startNats(program, port)
    const options: NatsOptions['options'] = {
      servers: [`nats://127.0.0.1:${port}`],
      reconnectTimeWait: 50,
      maxReconnectAttempts: -1,
    }
    const transport: RpcTransport = {
      ...nats,
      options: () => ({ transport: Transport.NATS, options: options ?? {} }),
    }
    const running = await startRpc(transport, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      handlers: rpcHandlers,
    })
    closers.unshift(() => running.close())
    const token = await running.app.get(TokenService).issueAccessToken('ida')
    const reached = (status: string) =>
      Promise.all(
        [running.app.status, running.client.status].map((all) =>
          firstValueFrom(all.pipe(filter((one: string) => one === status))),
        ),
      )
    expect(await running.send('whoami', token)).toEqual({ sub: 'ida' })

    const lost = reached('disconnected')
    await kill(server)
    await lost
    await expect(running.send('whoami', token)).rejects.toBeDefined()

    const back = reached('connected')
    await startNats(program, port)
    await back
    await nats.subscribed?.(running.app)
    expect(await running.send('whoami', token)).toEqual({ sub: 'ida' })
    await expect(running.send('whoami')).rejects.toMatchObject({ errorCode: 'token_missing' })
    expect(rejections).toEqual([])
  })
})
