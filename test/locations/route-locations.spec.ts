import { All, Controller, Get, UseGuards, type ExecutionContext } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import {
  Claims,
  JwtAuthModule,
  JwtGuard,
  TokenLocations,
  UseRefreshToken,
  type TokenLocation,
} from '@nest-jwt-auth/core'
import { adapters, startApp, type RunningApp } from '../support/adapters.js'
import { breakSignature, SECRET } from '../support/forge.js'
import type { Request } from '../support/http.js'
import { logs } from '../support/logs.js'
import { refused } from '../support/refusals.js'
import { unhandledRejectionsOf } from '../support/unhandled-rejections.js'

const later = (() => Promise.resolve('token')) as unknown as TokenLocation
const failing = (() => Promise.reject(new Error('boom'))) as unknown as TokenLocation

@Controller('files')
@UseGuards(JwtGuard)
@TokenLocations({ query: 'ticket' })
class FilesController {
  @Get()
  file(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('header')
  @TokenLocations('header')
  header(@Claims('sub') sub: string) {
    return { sub }
  }

  @All('mixed')
  @TokenLocations('body', 'query', fromCookie, { header: 'x-token' })
  mixed(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('cookie')
  @TokenLocations(fromCookie)
  cookie(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('failing')
  @TokenLocations(failing)
  failing(@Claims('sub') sub: string) {
    return { sub }
  }

  @Get('late')
  @TokenLocations(later)
  late(@Claims('sub') sub: string) {
    return { sub }
  }
}

@Controller('heirs')
class HeirController extends FilesController {}

@Controller('plain')
@UseGuards(JwtGuard)
class PlainController {
  @Get()
  plain(@Claims('sub') sub: string) {
    return { sub }
  }

  @All('refresh')
  @UseRefreshToken()
  @TokenLocations('body', 'query')
  refresh(@Claims('sub') sub: string) {
    return { sub }
  }
}

function fromCookie(context: ExecutionContext): string | undefined {
  const { headers } = context.switchToHttp().getRequest<{ headers: { cookie?: string } }>()
  return /(?:^|; )token=([^;]*)/.exec(headers.cookie ?? '')?.[1]
}

const withCookie = (cookie: string): Request => ({ path: '/files/cookie', headers: [['Cookie', cookie]] })
const found = { status: 200, body: { sub: 'ida' } }
const missing = refused(401, 'token_missing')

describe.each(adapters)('@TokenLocations() on $name', (adapter) => {
  let app: RunningApp
  let token: string

  beforeAll(async () => {
    app = await startApp(adapter, {
      imports: [JwtAuthModule.forRoot({ secret: SECRET })],
      controllers: [FilesController, HeirController, PlainController],
    })
    token = await app.tokens.issueAccessToken('ida')
  })

  it.each([
    ['/files', 'query ticket'],
    ['/files/header', 'header authorization'],
    ['/files/mixed', 'body, query, a location function, header x-token'],
  ])('says in the debug log of %s where there was no token', async (path, places) => {
    logs.clear()
    expect(await app.get(path)).toMatchObject(missing)
    expect(logs.text('debug')).toContain(`because there is no token in: ${places}`)
  })

  it("takes the place of the module's locations, on that class alone", async () => {
    expect(await app.get(`/files?ticket=${token}`)).toMatchObject(found)
    expect(await app.get('/files', token)).toMatchObject(missing)
    expect(await app.get(`/plain?ticket=${token}`)).toMatchObject(missing)
    expect(await app.get('/plain', token)).toMatchObject(found)
  })

  it('on a handler takes the place of that on its class', async () => {
    expect(await app.get('/files/header', token)).toMatchObject(found)
    expect(await app.get(`/files/header?ticket=${token}`)).toMatchObject(missing)
  })

  it('is inherited', async () => {
    expect(await app.get(`/heirs?ticket=${token}`)).toMatchObject(found)
    expect(await app.get('/heirs/header', token)).toMatchObject(found)
  })

  it('may name a function', async () => {
    expect(await app.send(withCookie(`token=${token}`))).toMatchObject(found)
    expect(await app.send(withCookie('token=abc'))).toMatchObject(refused(401, 'token_malformed'))
    expect(await app.send(withCookie('other=abc'))).toMatchObject(missing)
    expect(await app.send(withCookie('token='))).toMatchObject(missing)
  })

  it('lets the first decide that carries anything, whatever its kind', async () => {
    const bad = breakSignature(token)
    const send = (body: object, query: string, ...headers: [string, string][]) =>
      app.send({ method: 'POST', path: `/files/mixed${query}`, body, headers })
    const forged = refused(401, 'token_signature_invalid')

    expect(await send({ access_token: token }, '')).toMatchObject(found)
    expect(await send({}, `?access_token=${token}`)).toMatchObject(found)
    expect(await send({}, '', ['Cookie', `a=b; token=${token}`])).toMatchObject(found)
    expect(await send({}, '', ['X-Token', token])).toMatchObject(found)
    expect(await send({ access_token: bad }, `?access_token=${token}`)).toMatchObject(forged)
    expect(await send({}, `?access_token=${bad}`, ['X-Token', token])).toMatchObject(forged)
    expect(await send({}, '', ['Cookie', `token=${bad}`], ['X-Token', token])).toMatchObject(forged)
    expect(await send({ access_token: token }, `?access_token=${bad}`)).toMatchObject(found)
    expect(await send({}, '?access_token=', ['Cookie', 'token='], ['X-Token', token])).toMatchObject(found)
    expect(await send({}, '')).toMatchObject(missing)
    expect(await app.get('/files/mixed', token)).toMatchObject(missing)
  })

  it('looks for refresh tokens under their own name', async () => {
    const { refresh_token } = await app.tokens.issue('ida')

    expect(await app.post('/plain/refresh', { refresh_token })).toMatchObject(found)
    expect(await app.get(`/plain/refresh?refresh_token=${refresh_token}`)).toMatchObject(found)
    expect(await app.post('/plain/refresh', { access_token: refresh_token })).toMatchObject(missing)
    expect(await app.post('/plain/refresh', { refresh_token: token })).toMatchObject(
      refused(401, 'token_wrong_type'),
    )
  })

  it('lets nobody in by a function that answers later, and tells the developer', async () => {
    logs.clear()

    expect(await app.get('/files/late', token)).toMatchObject({ status: 500 })
    expect(logs.text('error')).toMatch(/location.*promise/)
  })

  it('lets nobody end the process by a function that rejects', async () => {
    const unhandled = await unhandledRejectionsOf(async () => {
      expect(await app.get('/files/failing', token)).toMatchObject({ status: 500 })
    })
    expect(unhandled).toEqual([])
  })
})

describe('@TokenLocations() with what is no location', () => {
  it.each<[string, unknown[]]>([
    ['nothing', []],
    ['an unknown name', ['headers']],
    ['an empty name', [{ query: '' }]],
    ['two places in one', [{ query: 'a', body: 'b' }]],
    ['a header name with a space', [{ header: 'x token' }]],
    ['an unknown member', [{ header: 'x-token', prefix: 'JWT' }]],
    ['one that is wrong among others', ['header', undefined]],
  ])('throws at decoration: %s', (_, locations) => {
    expect(() => TokenLocations(...(locations as [TokenLocation]))).toThrow('TokenLocations')
  })
})
