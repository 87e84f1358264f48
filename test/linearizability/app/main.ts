import 'reflect-metadata'
import { Clock, JwtAuthModule, SystemClock, TokenService } from '@nest-jwt-auth/core'
import type { LoggerService } from '@nestjs/common'
import { Test, type TestingModule } from '@nestjs/testing'
import { answer } from './answer.js'
import type { AppSettings, FromProcess, Reply, ToProcess } from './messages.js'
import { plant } from './plant.js'
import { openStore, type OpenStore } from './stores.js'

class MovableClock extends SystemClock {
  ahead = 0

  override now(): number {
    return super.now() + this.ahead
  }
}

/** Outages are what the histories are about. */
const SILENT: LoggerService = { log: () => {}, error: () => {}, warn: () => {} }

const clock = new MovableClock()
let app: TestingModule | undefined
let opened: OpenStore | undefined

async function start(settings: AppSettings, url: string): Promise<void> {
  await app?.close()
  opened?.close()
  clock.ahead = 0
  const { grace, timeout, planted } = settings
  const maxStaleness = planted === 'old answers' ? 5000 : settings.maxStaleness
  const { store } = (opened = openStore(settings, url))
  if (planted !== undefined) plant(store, planted)
  app = await Test.createTestingModule({
    imports: [
      JwtAuthModule.forRoot({
        secret: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ',
        refreshToken: { reuseGrace: grace / 1000 },
        sessions: {
          timeout: timeout / 1000,
          check: maxStaleness === 0 ? 'always' : { maxStaleness: maxStaleness / 1000 },
        },
        sessionStore: { useFactory: () => store },
      }),
    ],
  })
    .setLogger(SILENT)
    .overrideProvider(Clock)
    .useValue(clock)
    .compile()
  await app.init()
}

async function replyTo(message: ToProcess): Promise<Reply> {
  switch (message.kind) {
    case 'start':
      await start(message.settings, message.url)
      return { kind: 'done' }
    case 'clock':
      clock.ahead = message.ahead
      return { kind: 'done' }
    case 'ask':
      if (app === undefined) throw new Error('The process has no app yet.')
      return answer(app.get(TokenService), message.question)
  }
}

const send = (message: FromProcess): void => void process.send?.(message)

process.on('message', (message: ToProcess) => {
  const { id } = message
  replyTo(message).then(
    (reply) => send({ id, reply }),
    (error: unknown) => send({ id, reply: { kind: 'unknown' }, failure: String(error) }),
  )
})
// The parent has ended, or wants no more of this process.
process.on('disconnect', () => process.exit())
send({ id: 0, reply: { kind: 'done' } })
