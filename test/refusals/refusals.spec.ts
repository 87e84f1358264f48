import type { ServerResponse } from 'node:http'
import { Controller, Get, Injectable, Param, Res, type ExecutionContext } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  AuthErrorPresenter,
  JwtAuthError,
  JwtAuthModule,
  RequireClaims,
  type AuthErrorCode,
  type PresentedAuthError,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { challengeOf } from '../support/refusals.js'

const NONE = 'no challenge'
const BARE = 'a bare challenge'

const table: [code: AuthErrorCode, status: number, challenge: string][] = [
  ['token_missing', 401, BARE],
  ['token_malformed', 401, 'invalid_token'],
  ['token_signature_invalid', 401, 'invalid_token'],
  ['token_wrong_type', 401, 'invalid_token'],
  ['token_expired', 401, 'invalid_token'],
  ['token_not_active', 401, 'invalid_token'],
  ['token_claims_invalid', 401, 'invalid_token'],
  ['token_revoked', 401, 'invalid_token'],
  ['identity_unknown', 401, 'invalid_token'],
  ['refresh_reused', 401, 'invalid_token'],
  ['insufficient_user_authentication', 401, 'insufficient_user_authentication'],
  ['insufficient_scope', 403, 'insufficient_scope'],
  ['insufficient_claims', 403, BARE],
  ['credentials_invalid', 401, BARE],
  ['request_invalid', 400, NONE],
  ['csrf_failed', 403, NONE],
  ['store_unavailable', 503, NONE],
  ['keys_unavailable', 503, NONE],
]

@Controller('refuse')
class RefusingController {
  @Get('guarded/:as')
  @RequireClaims({ role: 'editor' })
  guarded() {
    return { let: 'in' }
  }

  @Get(':code/:as')
  refuse(@Param('code') code: AuthErrorCode): never {
    throw new JwtAuthError(code)
  }
}

@Controller('begun')
class BegunController {
  /** Answers by itself, until something is refused. */
  @Get()
  begin(@Res() reply: ServerResponse & { raw?: ServerResponse; hijack?: () => void }): never {
    reply.hijack?.()
    const response = reply.raw ?? reply
    response.writeHead(200, { 'Content-Type': 'text/plain' }).write('half of an answer')
    throw new JwtAuthError('store_unavailable')
  }
}

type Answers = Record<string, () => PresentedAuthError | Promise<PresentedAuthError>>

/** Answers as the last part of the path says: with a status, or in one of the ways below. */
@Injectable()
class AnyPresenter implements AuthErrorPresenter {
  present(error: JwtAuthError, context: ExecutionContext) {
    const { url } = context.switchToHttp().getRequest<{ url: string }>()
    const as = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1))
    const body = { problem: error.errorCode }
    const circle: Record<string, unknown> = {}
    circle['self'] = circle
    const answers: Answers = {
      later: async () => {
        await new Promise((resolve) => setImmediate(resolve))
        return { status: 402, body }
      },
      plain: () => ({ status: 401, body: 'go away', headers: { 'Content-Type': 'text/plain' } }),
      bare: () => ({ status: 401, body: undefined, headers: {} }),
      broken: async () => {
        throw new Error('no words left')
      },
      nothing: () => undefined as unknown as PresentedAuthError,
      nonsense: () => ({ status: 1000, body }),
      'no header name': () => ({ status: 401, body, headers: { 'no name': 'x' } }),
      'no header value': () => ({ status: 401, body, headers: { 'x-refused': 'one\r\nx-two: 2' } }),
      'no JSON': () => ({ status: 401, body: circle }),
    }
    return answers[as]?.() ?? { status: Number(as), body }
  }
}

describe.each(adapters)('refusals on $name', (adapter) => {
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, realm: 'shop' })]
  const controllers = [RefusingController, BegunController]
  let app: RunningApp
  let presented: RunningApp
  let good: string

  beforeAll(async () => {
    const providers = [{ provide: AuthErrorPresenter, useClass: AnyPresenter }]
    app = await startApp(adapter, { imports, controllers })
    presented = await startApp(adapter, { imports, controllers, providers })
    good = await app.tokens.issueAccessToken('ida')
  })

  beforeEach(() => logs.clear())

  it.each(table)('answer %s with %d and %s', async (code, status, challenge) => {
    const answer = await app.get(`/refuse/${code}/usual`)
    const { error, ...shown } = challengeOf(answer)?.parameters ?? {}

    expect(answer).toMatchObject({ status, body: { statusCode: status, errorCode: code } })
    expect(Object.keys(answer.body as object).toSorted()).toEqual([
      'error',
      'errorCode',
      'message',
      'statusCode',
    ])
    expect(answer.headers['www-authenticate'] ? (error ?? BARE) : NONE).toBe(challenge)
    if (challenge !== NONE) expect(shown['realm']).toBe('shop')
    expect(answer.headers['retry-after']).toEqual(status === 503 ? expect.stringMatching(/^\d+$/) : undefined)
  })

  it.each(table)('let a presenter answer %s, with any status', async (code) => {
    for (const status of [200, 201, 302, 404, 418, 422, 500, 599]) {
      const answer = await presented.get(`/refuse/${code}/${status}`)
      expect(answer).toMatchObject({ status, body: { problem: code } })
    }
  })

  it.each([200, 404, 422])(
    'let a presenter answer the guard with %d, and still let nobody in',
    async (status) => {
      const answers = [
        await presented.get(`/refuse/guarded/${status}`),
        await presented.get(`/refuse/guarded/${status}`, breakSignature(good)),
        await presented.get(`/refuse/guarded/${status}`, good),
      ]

      expect(answers.map((answer) => answer.status)).toEqual([status, status, status])
      expect(answers.map(({ body }) => body)).toEqual([
        { problem: 'token_missing' },
        { problem: 'token_signature_invalid' },
        { problem: 'insufficient_claims' },
      ])
    },
  )

  it('end the answer that a handler has begun by itself', async () => {
    for (const one of [app, presented]) {
      expect(await one.get('/begun')).toMatchObject({ status: 200, text: 'half of an answer' })
    }
  })

  it('leave the answer alone that the app has sent in the meantime, as for a time-out', async () => {
    const auth = JwtAuthModule.forRoot({ secret: SECRET, locations: ['header', 'cookie'] })
    const impatient = await startApp(
      adapter,
      { imports: [auth], controllers },
      {
        configure: (nest) =>
          nest.use((_request: unknown, response: ServerResponse, next: () => void) => {
            next()
            response.writeHead(504).end()
          }),
      },
    )
    logs.clear()
    for (const header of ['Authorization: Bearer abc.def', 'Cookie: __Host-access_token=abc.def']) {
      const headers = [header.split(': ') as [string, string]]
      const answer = await impatient.send({ path: '/refuse/guarded/now', headers })
      await new Promise((resolve) => setImmediate(resolve))

      expect(answer).toMatchObject({ status: 504, text: '' })
      expect(logs.lines.at(-1)).toMatchObject({
        level: 'debug',
        text: expect.stringMatching(/^token_malformed/),
      })
    }
    expect(logs.text('error')).toBe('')
  })

  it('wait for a presenter that takes its time', async () => {
    expect(await presented.get('/refuse/guarded/later')).toMatchObject({
      status: 402,
      body: { problem: 'token_missing' },
    })
  })

  it('keep the challenge where a presenter says nothing of headers', async () => {
    expect(challengeOf(await presented.get('/refuse/guarded/422'))).toEqual({
      scheme: 'Bearer',
      parameters: { realm: 'shop' },
    })
  })

  it('have the headers that a presenter gives in place of the usual ones', async () => {
    const plain = await presented.get('/refuse/guarded/plain')
    expect(plain).toMatchObject({ status: 401, text: 'go away' })
    expect(plain.headers['content-type']).toMatch(/^text\/plain/)
    expect(plain.headers['www-authenticate']).toBeUndefined()

    const bare = await presented.get('/refuse/guarded/bare')
    expect(bare).toMatchObject({ status: 401, text: '' })
    expect(bare.headers['www-authenticate']).toBeUndefined()
  })

  const broken = ['broken', 'nothing', 'nonsense', '199', '600', '401.5']
  const unsendable = ['no header name', 'no header value', 'no JSON']

  it.each([...broken, ...unsendable])('are the usual ones where a presenter answers %s', async (as) => {
    for (const path of [`/refuse/guarded/${encodeURI(as)}`, `/refuse/token_missing/${encodeURI(as)}`]) {
      logs.clear()
      const answer = await presented.get(path)

      expect(answer).toMatchObject({ status: 401, body: { errorCode: 'token_missing' } })
      expect(challengeOf(answer)?.parameters).toEqual({ realm: 'shop' })
      expect(logs.text('error')).toContain('AuthErrorPresenter')
    }
  })
})
