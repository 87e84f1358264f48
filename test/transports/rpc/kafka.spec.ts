import { Controller, type ModuleMetadata, UseFilters, UseGuards } from '@nestjs/common'
import { MessagePattern, Payload } from '@nestjs/microservices'
import { Test } from '@nestjs/testing'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  Claims,
  JwtAuthError,
  JwtAuthErrorFilter,
  JwtAuthModule,
  JwtGuard,
  RequireScopes,
  TokenService,
} from '@nest-jwt-auth/core'
import { OnEvent } from '../drivers/rpc/on-event.js'
import { SECRET } from '../../support/forge.js'
import { logs } from '../../support/logs.js'
import { KafkaBroker, type KafkaHeaders } from '../drivers/rpc/kafka-broker.js'

const handled: string[] = []

@Controller()
@UseGuards(JwtGuard)
class KafkaHandlers {
  @MessagePattern('whoami')
  whoami(@Claims('sub') sub: string) {
    return { sub }
  }

  @OnEvent('created')
  created(@Payload() _data: object, @Claims('sub') sub: string): void {
    handled.push(sub)
  }

  @OnEvent('refused')
  refused(): void {
    throw new JwtAuthError('insufficient_claims')
  }
}

@Controller()
class ScopedHandlers {
  @OnEvent('deleted')
  @RequireScopes('items:delete')
  deleted(): void {
    handled.push('deleted')
  }
}

@Controller()
@UseFilters(JwtAuthErrorFilter)
class FilteredHandlers extends KafkaHandlers {}

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  handled.length = 0
  await Promise.all(closers.splice(0).map((close) => close()))
})

/** A microservice, or an HTTP app with one beside it that shares none of its global filters. */
async function startKafka({ hybrid = false, ...metadata }: ModuleMetadata & { hybrid?: boolean } = {}) {
  const module = await Test.createTestingModule({
    imports: [JwtAuthModule.forRoot({ secret: SECRET })],
    controllers: [KafkaHandlers],
    ...metadata,
  })
    .setLogger(logs)
    .compile()
  const broker = new KafkaBroker()
  if (hybrid) {
    const app = module.createNestApplication()
    app.connectMicroservice({ strategy: broker })
    await app.startAllMicroservices()
    await app.init()
  } else {
    await module.createNestMicroservice({ strategy: broker }).listen()
  }
  closers.push(() => module.close())
  return { broker, tokens: module.get(TokenService) }
}

const bearer = (token: string) => Buffer.from(`Bearer ${token}`)

describe('the headers of a Kafka message', () => {
  it.each<[string, (value: Buffer) => KafkaHeaders]>([
    ['a buffer', (authorization) => ({ authorization })],
    ['the string that Nest makes of it', (value) => ({ authorization: value.toString() })],
    ['of any case', (Authorization) => ({ Authorization })],
  ])('carry the token: %s', async (_, headers) => {
    const { broker, tokens } = await startKafka()
    const token = bearer(await tokens.issueAccessToken('ida'))

    expect(await broker.deliver('whoami', headers(token))).toEqual({ sub: 'ida' })
  })

  it.each<[string, (value: Buffer) => KafkaHeaders]>([
    ['two headers', (value) => ({ authorization: [value, value] })],
    [
      'two headers that Nest has joined',
      (value) => ({ authorization: `${value.toString()},${value.toString()}` }),
    ],
    ['two cases', (value) => ({ authorization: value, Authorization: value })],
    ['a header that Nest has parsed', (value) => ({ authorization: { value: value.toString() } })],
  ])('are malformed: %s', async (_, headers) => {
    const { broker, tokens } = await startKafka()
    const token = bearer(await tokens.issueAccessToken('ida'))

    await expect(broker.deliver('whoami', headers(token))).rejects.toEqual({
      status: 401,
      errorCode: 'token_malformed',
      message: 'The token is malformed.',
    })
  })

  it.each<[string, KafkaHeaders | undefined]>([
    ['no headers', undefined],
    ['another header', { token: bearer('a.b.c') }],
    ['a header that is not text', { authorization: Buffer.from([0, 1, 2]) }],
    ['no value', { authorization: undefined }],
  ])('carry nothing: %s', async (_, headers) => {
    const { broker } = await startKafka()

    await expect(broker.deliver('whoami', headers)).rejects.toMatchObject({ errorCode: 'token_missing' })
  })

  it('are all that is read: a token in the value is not', async () => {
    const { broker, tokens } = await startKafka()
    const token = await tokens.issueAccessToken('ida')
    const value = { authorization: `Bearer ${token}`, access_token: token, headers: { authorization: token } }

    await expect(broker.deliver('whoami', {}, value)).rejects.toMatchObject({ errorCode: 'token_missing' })
  })
})

describe('a refused Kafka event', () => {
  it.each([
    ['in a microservice', {}],
    ['in a hybrid app, with the filter on the class', { hybrid: true, controllers: [FilteredHandlers] }],
  ])('is regarded as handled, so it is not delivered again, %s', async (_, options) => {
    const { broker, tokens } = await startKafka(options)
    logs.clear()

    expect(await broker.deliver('created')).toBeUndefined()
    expect(logs.text('error')).toBe('')
    const token = bearer(await tokens.issueAccessToken('ida'))
    await broker.deliver('created', { authorization: token })
    expect(handled).toEqual(['ida'])
  })

  it('is regarded as handled by a policy, whatever filters the app runs', async () => {
    const { broker } = await startKafka({ hybrid: true, controllers: [ScopedHandlers] })
    logs.clear()

    expect(await broker.deliver('deleted')).toBeUndefined()
    expect(handled).toEqual([])
    expect(logs.text('error')).toBe('')
  })

  it('is regarded as handled where the handler itself refuses', async () => {
    const { broker, tokens } = await startKafka()
    const token = bearer(await tokens.issueAccessToken('ida'))

    expect(await broker.deliver('refused', { authorization: token })).toBeUndefined()
  })
})
