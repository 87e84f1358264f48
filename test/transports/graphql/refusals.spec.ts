import type { ServerResponse } from 'node:http'
import {
  type ArgumentsHost,
  Catch,
  type ExceptionFilter,
  HttpException,
  type INestApplication,
} from '@nestjs/common'
import { APP_FILTER } from '@nestjs/core'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { Mutation, Resolver } from '@nestjs/graphql'
import {
  AuthErrorPresenter,
  JwtAuthError,
  JwtAuthEvents,
  type PresentedAuthError,
  TokenResponse,
  TokenService,
} from '@nest-jwt-auth/core'
import type { RunningApp } from '../../support/adapters.js'
import { breakSignature } from '../../support/forge.js'
import {
  apolloServers,
  bearer,
  graphqlServers,
  mercuriusServer,
  sendGraphql,
} from '../../support/graphql-servers.js'
import { logs } from '../../support/logs.js'
import { accessToken, startItems, store } from './app.js'

const challenge = (error: string, description: string, rest = '') =>
  `Bearer realm="items", error="${error}", error_description="${description}"${rest}`

@Resolver()
class TokensResolver {
  @Mutation(() => String)
  @TokenResponse()
  exchange(): string {
    return 'other tokens'
  }
}

interface Fastify {
  addHook(
    name: 'onRequest',
    hook: (request: unknown, reply: { header(name: string, value: string): unknown }) => Promise<void>,
  ): void
}

/** Sets a cookie with each response, in the way of its server. */
function setsCookie(nest: INestApplication): void {
  if (nest.getHttpAdapter().getType() === 'fastify') {
    const fastify = nest.getHttpAdapter().getInstance() as Fastify
    fastify.addHook('onRequest', async (_, reply) => void reply.header('Set-Cookie', 'other=1'))
  } else {
    nest.use((_: unknown, response: ServerResponse, next: () => void) => {
      response.appendHeader('Set-Cookie', 'other=1')
      next()
    })
  }
}

describe.each(graphqlServers)('a refusal on $name', (server) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    const auth = { realm: 'items', locations: ['header', 'cookie'] }
    app = await startItems(server, { auth, resolvers: [TokensResolver] })
    token = await accessToken(app)
  })
  beforeEach(() => logs.clear())
  afterEach(() => {
    store.isDown = false
  })

  it('has a code, an errorCode, a message and the challenge of a missing token', async () => {
    const { status, headers, body } = await sendGraphql(app, '{ me }')
    expect(status).toBe(200)
    expect(headers['www-authenticate']).toBe('Bearer realm="items"')
    expect(body.errors).toMatchObject([
      {
        message: 'A token is required.',
        path: ['me'],
        extensions: { code: 'UNAUTHENTICATED', errorCode: 'token_missing' },
      },
    ])
    expect(body.errors?.[0]?.extensions).not.toHaveProperty('http')
  })

  it('has the challenge of a bad token, and shows nothing of it', async () => {
    const bad = breakSignature(token)
    const { headers, body, text } = await sendGraphql(app, '{ me }', bearer(bad))
    expect(headers['www-authenticate']).toBe(
      challenge('invalid_token', 'The signature of the token is invalid.'),
    )
    expect(body.errors).toMatchObject([{ extensions: { errorCode: 'token_signature_invalid' } }])
    expect(text).not.toContain(bad.slice(-20))
  })

  it('is not to be stored where the answer would hold tokens', async () => {
    const { headers, body } = await sendGraphql(app, 'mutation { exchange }')
    expect(body.errors).toMatchObject([{ extensions: { errorCode: 'token_missing' } }])
    expect(headers['cache-control']).toBe('no-store')
  })

  it('names the scope that would help', async () => {
    const { headers, body } = await sendGraphql(app, 'mutation { remove }', bearer(token))
    expect(headers['www-authenticate']).toBe(
      challenge(
        'insufficient_scope',
        'The scope of the token does not allow this.',
        ', scope="items:delete"',
      ),
    )
    expect(body.errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN', errorCode: 'insufficient_scope' } },
    ])
  })

  it('keeps what other root fields answer, and the status', async () => {
    const { status, headers, body } = await sendGraphql(app, '{ open optional me }')
    expect({ status, body }).toMatchObject({ status: 200, body: { errors: [{ path: ['me'] }] } })
    expect(headers['www-authenticate']).toBe('Bearer realm="items"')
  })

  it('is no challenge, but a time to come back, while the session store is down', async () => {
    store.isDown = true
    const { headers, body } = await sendGraphql(app, '{ me }', bearer(token))
    expect(body.errors).toMatchObject([
      {
        message: 'The session store is unavailable. Try again shortly.',
        extensions: { code: 'SERVICE_UNAVAILABLE', errorCode: 'store_unavailable' },
      },
    ])
    expect(headers['retry-after']).toBe('1')
    expect(headers).not.toHaveProperty('www-authenticate')
  })

  it('has the same form where a resolver throws it', async () => {
    const { status, headers, body } = await sendGraphql(app, '{ throws }', bearer(token))
    expect(status).toBe(200)
    expect(body.errors).toMatchObject([
      { path: ['throws'], extensions: { code: 'FORBIDDEN', errorCode: 'insufficient_scope' } },
    ])
    expect(headers['www-authenticate']).toContain('scope="items:read"')
  })

  it('has its errorCode where a field throws it, though Nest asks no filter', async () => {
    const { body } = await sendGraphql(app, '{ items { refusing } }', bearer(token))
    expect(body.errors?.[0]).toMatchObject({ extensions: { errorCode: 'store_unavailable' } })
  })

  it('is logged by nobody as an error', async () => {
    await sendGraphql(app, '{ me }')
    await sendGraphql(app, '{ throws }', bearer(token))
    expect(logs.text('error')).toBe('')
    expect(logs.text('debug')).toContain('token_missing, at ItemsResolver.me')
  })

  it('leaves other errors alone', async () => {
    const { headers, body } = await sendGraphql(app, '{ fails }')
    expect(body.errors).toMatchObject([{ message: 'no refusal' }])
    expect(headers).not.toHaveProperty('www-authenticate')
  })

  it('clears a cookie that is refused for good, and no other', async () => {
    const { access_token: dead } = await app.nest.get(TokenService).issue('ada')
    await app.nest.get(TokenService).revokeAll('ada')
    const cookie = (value: string): [string, string][] => [
      ['Cookie', `other=1; __Host-access_token=${value}`],
      ['Sec-Fetch-Site', 'same-origin'],
    ]
    const { headers, body } = await sendGraphql(app, '{ me open }', cookie(dead))
    expect(body.errors).toMatchObject([{ extensions: { errorCode: 'token_revoked' } }])
    const cleared = headers['set-cookie'] ?? []
    expect(cleared).toContainEqual(expect.stringMatching(/^__Host-access_token=;.*Max-Age=0/))
    expect(cleared.filter((line) => !line.includes('access_token='))).toEqual([])

    const other = await sendGraphql(app, 'mutation { remove }', cookie(await accessToken(app, 'bob')))
    expect(other.body.errors).toMatchObject([{ extensions: { errorCode: 'insufficient_scope' } }])
    expect(other.headers).not.toHaveProperty('set-cookie')
  })

  it('clears its cookie beside one that the app has set', async () => {
    const auth = { locations: ['cookie'] }
    const polite = await startItems(server, { auth }, { configure: setsCookie })
    const { headers } = await sendGraphql(polite, '{ me }', [['Cookie', '__Host-access_token=abc.def']])
    const set = headers['set-cookie'] ?? []

    expect(set).toContainEqual(expect.stringMatching(/^__Host-access_token=;.*Max-Age=0/))
    expect(set).toContain('other=1')
  })

  it('meets a cookie of a foreign page', async () => {
    const headers: [string, string][] = [
      ['Cookie', `__Host-access_token=${token}`],
      ['Origin', 'https://evil.example'],
    ]
    const { body } = await sendGraphql(app, '{ me }', headers)
    expect(body.errors).toMatchObject([{ extensions: { code: 'FORBIDDEN', errorCode: 'csrf_failed' } }])
  })
})

/** What an app of its own might have. */
@Catch(HttpException)
class OwnFilter implements ExceptionFilter {
  catch(error: HttpException, _host: ArgumentsHost) {
    return error
  }
}

describe.each(graphqlServers)('a refusal on $name under a filter of the app', (server) => {
  it('is told by the app, and the challenge of the guard is there', async () => {
    const app = await startItems(server, { filters: [{ provide: APP_FILTER, useClass: OwnFilter }] })
    const missing = await sendGraphql(app, '{ me }')
    expect(missing.body.errors).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED', errorCode: 'token_missing' } },
    ])
    expect(missing.headers['www-authenticate']).toBe('Bearer')
    const thrown = await sendGraphql(app, '{ throws }', bearer(await accessToken(app)))
    expect(thrown.body.errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN', errorCode: 'insufficient_scope' } },
    ])
  })
})

describe.each(apolloServers)('a refusal on $name with', (server) => {
  const refusalWith = async (graphql: object) => sendGraphql(await startItems(server, { graphql }), '{ me }')

  it('includeStacktraceInErrorResponses has the stack of a developer beside the codes', async () => {
    const { headers, body } = await refusalWith({ includeStacktraceInErrorResponses: true })
    expect(body.errors).toMatchObject([
      {
        extensions: { code: 'UNAUTHENTICATED', errorCode: 'token_missing', stacktrace: expect.any(Array) },
      },
    ])
    expect(headers['www-authenticate']).toBe('Bearer')
  })

  it.each([true, false])('autoTransformHttpErrors %s has the same codes', async (autoTransformHttpErrors) => {
    const { body } = await refusalWith({ autoTransformHttpErrors })
    expect(body.errors).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED', errorCode: 'token_missing' } },
    ])
    const app = await startItems(server, { graphql: { autoTransformHttpErrors } })
    const token = await accessToken(app)
    store.isDown = true
    const outage = await sendGraphql(app, '{ me }', bearer(token))
    store.isDown = false
    expect(outage.body.errors).toMatchObject([
      { extensions: { code: 'SERVICE_UNAVAILABLE', errorCode: 'store_unavailable' } },
    ])
  })

  it('formatError is given the codes, and the headers are sent', async () => {
    const formatError = (
      { message, extensions }: { message: string; extensions?: object },
      error: unknown,
    ) => ({
      message: `formatted: ${message}`,
      extensions: {
        ...extensions,
        isOurs: (error as { originalError?: unknown }).originalError instanceof JwtAuthError,
      },
    })
    const { headers, body } = await refusalWith({ formatError })
    expect(body.errors).toMatchObject([
      {
        message: 'formatted: A token is required.',
        extensions: { code: 'UNAUTHENTICATED', errorCode: 'token_missing', isOurs: true },
      },
    ])
    expect(headers['www-authenticate']).toBe('Bearer')
  })

  it('something else that the app calls `reply` has the headers in the answer', async () => {
    const context = ({ req }: { req: object }) => ({ req, reply: { request: 'of the app' } })
    const { headers, body } = await refusalWith({ context })
    expect(body.errors).toMatchObject([
      { extensions: { code: 'UNAUTHENTICATED', errorCode: 'token_missing' } },
    ])
    expect(headers['www-authenticate']).toBe('Bearer')
  })

  it('a status that Nest does not reset is still 200, since other fields may have been answered', async () => {
    const { status } = await refusalWith({ preserveHttpStatusForExecutionErrors: false })
    expect(status).toBe(200)
  })
})

describe('a refusal on Apollo on express', () => {
  it('is the error also where the app has answered in the meantime, as for a time-out', async () => {
    const [server] = apolloServers as [(typeof apolloServers)[0]]
    const impatient = (_: unknown, response: ServerResponse, next: () => void) => {
      next()
      response.writeHead(504).end()
    }
    let seen: (extensions: unknown) => void = () => {}
    const formatted = new Promise<unknown>((resolve) => (seen = resolve))
    const formatError = (error: { extensions?: unknown }) => (seen(error.extensions), error)
    const app = await startItems(
      server,
      { auth: { locations: ['cookie'] }, graphql: { formatError } },
      { configure: (nest) => nest.use(impatient) },
    )
    const answer = await sendGraphql(app, '{ me }', [['Cookie', '__Host-access_token=abc.def']])

    expect(answer.status).toBe(504)
    expect(await formatted).toMatchObject({ errorCode: 'token_malformed' })
  })
})

describe('a refusal on Mercurius with jit', () => {
  it('is the same for each run of a compiled query', async () => {
    const app = await startItems(mercuriusServer, { graphql: { jit: 1 } })
    for (let times = 0; times < 4; times++) {
      const { headers, body } = await sendGraphql(app, '{ me }')
      expect(body.errors).toMatchObject([
        { extensions: { code: 'UNAUTHENTICATED', errorCode: 'token_missing' } },
      ])
      expect(headers['www-authenticate']).toBe('Bearer')
      const token = await accessToken(app)
      expect((await sendGraphql(app, '{ me items { owner } }', bearer(token))).body.data).toMatchObject({
        me: 'ada User ada true',
        items: [{ owner: 'ada User ada ada User ada' }, {}, {}],
      })
    }
  })
})

describe.each(graphqlServers)('a refusal that a public handler throws on $name', (server) => {
  it('has the same form where the app hides the request', async () => {
    const graphql = { context: () => ({ req: { hidden: true } }) }
    const app = await startItems(server, server === mercuriusServer ? {} : { graphql })
    const events: string[] = []
    app.nest.get(JwtAuthEvents).events$.subscribe(({ type }) => events.push(type))
    const { body } = await sendGraphql(app, '{ denies }')
    expect(body.errors).toMatchObject([
      { path: ['denies'], extensions: { code: 'UNAUTHENTICATED', errorCode: 'credentials_invalid' } },
    ])
    expect(events).toEqual(['login.failed'])
  })
})

class OwnPresenter extends AuthErrorPresenter {
  present(error: JwtAuthError): PresentedAuthError {
    return { status: 418, body: { own: true }, headers: { 'X-Refused': error.errorCode } }
  }
}

describe.each(graphqlServers)('a refusal on $name with a presenter of the app', (server) => {
  it('has the headers of the presenter', async () => {
    const app = await startItems(server, {
      filters: [{ provide: AuthErrorPresenter, useClass: OwnPresenter }],
    })
    const { status, headers, body } = await sendGraphql(app, '{ me }')
    expect(status).toBe(200)
    expect(headers['x-refused']).toBe('token_missing')
    expect(body.errors).toMatchObject([{ extensions: { errorCode: 'token_missing' } }])
  })
})
