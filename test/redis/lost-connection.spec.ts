import { expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { type RedisClient, RedisSessionStore } from '@nest-jwt-auth/redis'
import { Redis } from 'ioredis'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { describeWith } from '../support/services.js'
import { closeAtEnd, connect } from './support/clients.js'
import { RedisServer } from './support/redis-server.js'

/** As the README of the package has it. */
async function ofIoredis(url: string): Promise<RedisClient> {
  const redis = new Redis(url, { autoResendUnfulfilledCommands: false })
  redis.on('error', () => undefined)
  closeAtEnd(() => redis.disconnect())
  return {
    sendCommand: ([name = '', ...args]: string[]) => redis.call(name, args),
    get isReady() {
      return redis.status === 'ready'
    },
  }
}

describeWith('redis-server', 'what is refused while the connection to Redis is lost', () => {
  it.each([
    { name: 'redis', open: (url: string): Promise<RedisClient> => connect(url) },
    { name: 'ioredis', open: ofIoredis },
  ])('is not done when it is back, by $name', async ({ open }) => {
    const server = await RedisServer.start('--appendonly', 'yes', '--appendfsync', 'always')
    const client = await open(server.url)
    const sessionStore = { useFactory: () => new RedisSessionStore({ client }) }
    const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, sessionStore })] })
    const tokens = module.get(TokenService)
    const reset = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '30m' })

    await server.kill()
    while (client.isReady) await new Promise(setImmediate)
    const unavailable = { errorCode: 'store_unavailable' }
    await expect(tokens.consumeOneTimeToken('reset', reset)).rejects.toMatchObject(unavailable)
    await expect(tokens.issue('ada')).rejects.toMatchObject(unavailable)

    await server.launch()
    while (!client.isReady) await new Promise(setImmediate)
    expect(await tokens.sessions('ada')).toEqual([])
    expect(await tokens.consumeOneTimeToken('reset', reset)).toMatchObject({ claims: { sub: 'ada' } })
    await module.close()
  })
})
