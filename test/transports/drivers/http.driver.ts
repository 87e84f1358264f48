import { Controller, Get, UseGuards } from '@nestjs/common'
import { Claims, JwtAuthModule, JwtGuard, Public, RequireScopes } from '@nest-jwt-auth/core'
import { type Adapter, adapters, startApp } from '../../support/adapters.js'
import type { Reply, TransportDriver } from './driver.js'

@Controller()
@UseGuards(JwtGuard)
class HttpHandlers {
  @Get('whoami')
  whoami(@Claims('sub') sub: string): Reply {
    return { sub }
  }

  @Get('remove')
  @RequireScopes('items:delete')
  remove(@Claims('sub') sub: string): Reply {
    return { sub }
  }

  @Get('open')
  @Public()
  open(@Claims('sub') sub: string | undefined): Reply {
    return sub === undefined ? {} : { sub }
  }
}

const httpDriver = (adapter: Adapter): TransportDriver => ({
  name: `http, ${adapter.name}`,
  async start(options) {
    const app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot(options)],
      controllers: [HttpHandlers],
    })
    return {
      app: app.nest,
      call: async (handler, token) => {
        const { status, body } = await app.get(`/${handler}`, token)
        if (status === 200) return body as Reply
        return { status, errorCode: (body as { errorCode: string }).errorCode }
      },
      close: () => app.nest.close(),
    }
  },
})

export const httpDrivers: readonly TransportDriver[] = adapters.map(httpDriver)
