import { JwtAuthModule } from '@nest-jwt-auth/core'
import type { Reply, TransportDriver } from './driver.js'
import { rpcHandlers } from './rpc/rpc-handlers.js'
import { type RpcTransport, rpcTransports } from './rpc/rpc-transports.js'
import { locationsFor, startRpc } from './rpc/start-rpc.js'

const rpcDriver = (transport: RpcTransport): TransportDriver => ({
  name: `rpc, ${transport.name}`,
  ...(transport.service && { service: transport.service }),
  async start(options) {
    const running = await startRpc(transport, {
      imports: [JwtAuthModule.forRoot({ ...options, ...locationsFor(transport) })],
      handlers: rpcHandlers,
    })
    return {
      app: running.app,
      call: (handler, token) => running.send(handler, token).then((reply) => reply as Reply, refusalOf),
      close: () => running.close(),
    }
  },
})

/** What a client gets of a refusal. */
function refusalOf(error: unknown): Reply {
  const { status, errorCode } = error as { status: number; errorCode: string }
  return { status, errorCode }
}

export const rpcDrivers: readonly TransportDriver[] = rpcTransports.map(rpcDriver)
