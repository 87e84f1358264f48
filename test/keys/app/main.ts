import { setTimeout as sleep } from 'node:timers/promises'
import { Body, Controller, Get, HttpCode, Module, Post, UseGuards } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import {
  Claims,
  Clock,
  JwtAuthModule,
  JwtGuard,
  KeyService,
  type KeyStore,
  type ReplaceKeysInput,
  TokenService,
} from '@nest-jwt-auth/core'
import { RedisKeyStore } from '@nest-jwt-auth/redis'
import { SqlKeyStore } from '@nest-jwt-auth/sql'
import { Kysely, PostgresDialect } from 'kysely'
import { Pool } from 'pg'
import { createClient } from 'redis'

const { STORE, STORE_URL = '', STORE_OPTIONS, WRAP_SECRET = '', START_AT = '0', SINCE = '0' } = process.env

/** The time of all processes, in which half a minute passes in three seconds. */
class FastClock extends Clock {
  private readonly since = Number(SINCE)

  now(): number {
    return this.since + SPEED * (Date.now() - this.since)
  }

  override wakeAt(time: number, work: () => void): () => void {
    const timer = setTimeout(work, Math.max(Math.ceil((time - this.now()) / SPEED), 0)).unref()
    return () => clearTimeout(timer)
  }
}

const SPEED = 10

/** At which side of its next write this process is killed. */
let deadly: 'before' | 'after' | undefined

function kill(): void {
  process.kill(process.pid, 'SIGKILL')
}

async function createStore(): Promise<KeyStore> {
  if (STORE === 'redis') {
    const client = createClient({ url: STORE_URL })
    client.on('error', () => undefined)
    return new RedisKeyStore({ client: await client.connect(), prefix: STORE_OPTIONS })
  }
  const pool = new Pool({ connectionString: STORE_URL, options: STORE_OPTIONS, max: 2 })
  return new DeadlyStore({ db: new Kysely({ dialect: new PostgresDialect({ pool }) }) })
}

class DeadlyStore extends SqlKeyStore {
  override async replace(input: ReplaceKeysInput) {
    if (deadly === 'before') kill()
    const isDone = await super.replace(input)
    if (deadly === 'after') kill()
    return isDone
  }
}

@Controller()
class AppController {
  constructor(
    private readonly tokens: TokenService,
    private readonly keys: KeyService,
  ) {}

  @Get('private')
  @UseGuards(JwtGuard)
  me(@Claims('sub') sub: string) {
    return { sub }
  }

  @Post('login')
  async login() {
    return { token: await this.tokens.issueAccessToken('ada') }
  }

  @Get('keys')
  list() {
    return this.keys.list()
  }

  @Post('rotate')
  @HttpCode(200)
  rotate(@Body() body: { immediately?: boolean; deadly?: 'before' | 'after' }) {
    deadly = body.deadly
    return this.keys.rotate({ immediately: body.immediately })
  }

  @Post('revoke')
  @HttpCode(200)
  async revoke(@Body() { kid }: { kid: string }) {
    return { revoked: await this.keys.revoke(kid) }
  }
}

@Module({
  imports: [
    JwtAuthModule.forRoot({
      keyRotation: { wrap: [{ id: 'test', secret: WRAP_SECRET }] },
      keyStore: { useFactory: createStore },
      refreshToken: false,
      accessToken: { expiresIn: '3h' },
    }),
  ],
  controllers: [AppController],
})
class AppModule {}

// All processes begin at the same moment.
await sleep(Math.max(0, Number(START_AT) - Date.now()))
const module = await Test.createTestingModule({ imports: [AppModule] })
  .overrideProvider(Clock)
  .useValue(new FastClock())
  .compile()
await module.createNestApplication({ logger: ['fatal'] }).listen(0)
