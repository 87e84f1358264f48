import { Controller, UseGuards } from '@nestjs/common'
import { GrpcMethod } from '@nestjs/microservices'
import { Claims, JwtAuthModule, JwtGuard, Public, RequireScopes } from '@nest-jwt-auth/core'
import { firstValueFrom } from 'rxjs'
import type { Reply, TransportDriver } from './driver.js'
import { type GrpcAnswer, type GrpcError, startGrpc } from './rpc/start-grpc.js'

@Controller()
@UseGuards(JwtGuard)
class GrpcHandlers {
  @GrpcMethod('Handlers', 'Whoami')
  whoami(@Claims('sub') sub: string): GrpcAnswer {
    return { sub }
  }

  @GrpcMethod('Handlers', 'Remove')
  @RequireScopes('items:delete')
  remove(@Claims('sub') sub: string): GrpcAnswer {
    return { sub }
  }

  @GrpcMethod('Handlers', 'Open')
  @Public()
  open(@Claims('sub') sub: string | undefined): GrpcAnswer {
    return sub === undefined ? {} : { sub }
  }
}

const METHODS = { whoami: 'Whoami', remove: 'Remove', open: 'Open' } as const

/** The statuses of HTTP by the codes of gRPC. */
const STATUSES: Readonly<Record<number, number>> = { 16: 401, 7: 403, 14: 503 }

export const grpcDriver: TransportDriver = {
  name: 'rpc, grpc',
  async start(options) {
    const running = await startGrpc({
      imports: [JwtAuthModule.forRoot(options)],
      controllers: [GrpcHandlers],
    })
    return {
      app: running.app,
      call: (handler, token) =>
        firstValueFrom(running.call(METHODS[handler], token)).then(answerOf, refusalOf),
      close: () => running.close(),
    }
  },
}

/** `@grpc/proto-loader` gives an absent optional field too. */
function answerOf({ sub }: GrpcAnswer): Reply {
  return sub ? { sub } : {}
}

function refusalOf({ code, metadata }: GrpcError): Reply {
  return { status: STATUSES[code] ?? code, errorCode: String(metadata.get('errorCode')[0]) }
}
