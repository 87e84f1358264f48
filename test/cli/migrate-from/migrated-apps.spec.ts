import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, readdir, realpath, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sources } from '../../docs/code-blocks.js'
import { whileRunning } from '../../docs/compiled-apps.js'
import { compileWithTsc } from '../../support/compile-with-tsc.js'
import { forgeToken } from '../../support/forge.js'
import { type Answer, sendRequest } from '../../support/http.js'
import { workspaceRoot } from '../../support/run.js'
import { passportApp } from './passport-app.js'
import { migrate, read, tsconfig, writeSources } from './project.js'
import { recipeApp } from './recipe-app.js'

const FORMER = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'
const FORMER_REFRESH = 'Zx7pQ2mKd9Rw4TnYb6Lc1VhGs8JfEo3U'
const env = {
  JWT_SECRET: FORMER,
  JWT_REFRESH_SECRET: FORMER_REFRESH,
  NEST_JWT_AUTH_SECRET: 'Xk4Tn8Lw2Rv6Qm1Jz9Pb5Gd3Hc7Fs0Ya',
}

let outside: string

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-migrate-')))
  await symlink(join(workspaceRoot, 'node_modules'), join(outside, 'node_modules'), 'junction')
})

afterAll(() => rm(outside, { recursive: true, force: true }))

/** Writes an app, and compiles what it is now. */
async function compile(app: string): Promise<string> {
  const files = await readdir(join(app, 'src'), { recursive: true })
  return compileWithTsc(app, files.map((file) => join(app, 'src', file))) // prettier-ignore
}

type Call = (method: string, path: string, token?: string, body?: object) => Promise<Answer>

function callsOf(port: number): Call {
  return (method, path, token, body) =>
    sendRequest(port, {
      method,
      path,
      ...(body && { body }),
      headers: token === undefined ? [] : [['authorization', `Bearer ${token}`]],
    })
}

/** Runs the app before and after, and hands the tokens of before to the app after. */
async function inBoth<T>(name: string, sources: Sources, work: (call: Call, held?: T) => Promise<T>) {
  const app = join(outside, name)
  await writeSources(app, [tsconfig, ...sources])
  expect(await compile(app)).toBe('')
  let held: T | undefined
  await whileRunning(app, env, async (port) => {
    held = await work(callsOf(port))
  })
  await rm(join(app, 'dist'), { recursive: true })
  const result = await migrate(app, 'nestjs-jwt', '--force')
  expect(result).toMatchObject({ code: 0 })
  expect(await compile(app)).toBe('')
  await whileRunning(app, env, async (port) => {
    await work(callsOf(port), held)
  })
  return { app, result }
}

const forged = (claims: object, secret: string) => {
  const now = Math.floor(Date.now() / 1000)
  return forgeToken({ alg: 'HS256', typ: 'JWT' }, { iat: now - 60, exp: now + 600, ...claims }, secret)
}

/** A route that answers 200 to each of the good tokens, and refuses everything else. */
async function expectGuarded(call: Call, path: string, good: (string | undefined)[], sub: string | number) {
  for (const token of good.filter((one) => one !== undefined)) {
    expect(await call('GET', path, token)).toMatchObject({ status: 200 })
  }
  const expired = forged({ sub, roles: [], iss: 'library', exp: Math.floor(Date.now() / 1000) - 5 }, FORMER)
  const foreign = forged({ sub, roles: [], iss: 'library' }, 'Nb6Tn8Lw2Rv6Qm1Jz9Pb5Gd3Hc7Fs0Yc')
  for (const token of [undefined, 'x.y.z', expired, foreign]) {
    expect(await call('GET', path, token)).toMatchObject({ status: 401 })
  }
}

/** The line of the app that an item of the list names. */
async function named(app: string, list: string | undefined, item: string): Promise<string> {
  const [, path = '', line] = new RegExp(`\\*\\*([\\w./-]+):(\\d+)\\*\\*: ${item}`).exec(list ?? '') ?? []
  const text = await read(app, path)
  return text?.split('\n')[Number(line) - 1] ?? ''
}

describe('an app of the recipe, an ES module', () => {
  it('compiles, and answers as before, to the tokens of before too', async () => {
    const { app, result } = await inBoth('recipe', recipeApp, async (call, held?: Record<string, string>) => {
      const logIn = async (name: string) => {
        const answer = await call('POST', '/login', undefined, { name })
        expect(answer).toMatchObject({ status: 201 })
        return (answer.body as { access_token: string }).access_token
      }
      const [ada, ben] = [await logIn('ada'), await logIn('ben')]
      expect(await call('POST', '/login', undefined, { name: 'eve' })).toMatchObject({ status: 401 })
      expect(await call('GET', '/open')).toMatchObject({ status: 200, body: { isOpen: true } })
      await expectGuarded(call, '/me', [ada, held?.['ada']], 1)
      for (const token of [ada, held?.['ada'] ?? ada]) {
        expect(await call('GET', '/me', token)).toMatchObject({ body: { id: 1, name: 'ada' } })
        expect(await call('GET', '/stock', token)).toMatchObject({ status: 200, body: { books: 12 } })
      }
      expect(await call('GET', '/stock', held?.['ben'] ?? ben)).toMatchObject({ status: 403 })
      expect(await call('GET', '/inventory', held?.['ada'] ?? ada)).toMatchObject({ status: 200 })
      for (const token of [ben, held?.['ben'], undefined])
        expect(await call('GET', '/inventory', token)).toMatchObject({ status: 401 })
      expect(await call('GET', '/partner?key=k-7')).toMatchObject({ status: 200 })
      expect(await call('GET', '/partner', ada)).toMatchObject({ status: 403 })
      return { ada, ben }
    })

    expect(await read(app, 'src/token.guard.ts')).toBeUndefined()
    expect(await read(app, 'src/open.decorator.ts')).toBeUndefined()
    expect(await read(app, 'src/roles.guard.ts')).toBe(
      recipeApp.find(([path]) => path === 'src/roles.guard.ts')?.[1],
    )
    const module = await read(app, 'src/app.module.ts')
    expect(module).toContain("accessToken: { expiresIn: '2h' }")
    expect(module).toContain("issuer: 'library'")
    expect(module).toContain('{ provide: APP_GUARD, useExisting: JwtGuard },')
    const books = await read(app, 'src/books.controller.ts')
    expect(books).toContain('@CurrentIdentity() user: Reader')
    expect(books).toContain("  @Get('stock') @Roles('librarian')   stock() { return { books: 12 } }") // untouched
    expect(await read(app, 'package.json')).toMatch(
      /^\{\n {2}"type": "module",\n {2}"dependencies": \{\n {4}"@nest-jwt-auth\/core": "\^[\d.]+"\n {2}\}\n\}\n$/,
    )
    const list = await read(app, 'MIGRATION.md')
    expect(result.printed).toBe(list)
    expect(await named(app, list, 'New tokens are signed')).toContain('JwtAuthModule.forRoot({')
    expect(await named(app, list, '`JwtGuard` is not known')).toContain('const { headers } = ')
    expect(await named(app, list, 'This guard reads roles')).toBe('@Injectable()')
    expect(list).not.toContain('The compiler says')

    const again = await migrate(app, 'nestjs-jwt', '--force')
    expect(again).toEqual({ code: 0, printed: expect.stringContaining('Nothing is left'), warned: '' })
    expect(await read(app, 'src/app.module.ts')).toBe(module)
  })
})

describe('an app of passport-jwt, CommonJS', () => {
  it('compiles, and answers as before; refresh tokens stay with the former code', async () => {
    interface Tokens {
      access_token: string
      refresh_token: string
    }
    const { app, result } = await inBoth('passport', passportApp, async (call, held?: Tokens) => {
      const email = 'ada@example.com'
      const login = await call('POST', '/login', undefined, { email })
      expect(login).toMatchObject({ status: 201 })
      const tokens = login.body as Tokens
      expect(await call('POST', '/login', undefined, { email: 'eve@example.com' })).toMatchObject({
        status: 401,
      })
      const gone = forged({ sub: 'u-2' }, FORMER)
      for (const path of ['/account', '/orders']) {
        await expectGuarded(call, path, [tokens.access_token, held?.access_token], 'u-1')
        for (const token of [gone, tokens.refresh_token]) {
          expect(await call('GET', path, token)).toMatchObject({ status: 401 })
        }
      }
      const { access_token, refresh_token } = held ?? tokens
      expect(await call('GET', '/account', access_token)).toMatchObject({ body: { email } })
      expect(await call('GET', '/orders', access_token)).toMatchObject({ body: { of: 'u-1', known: true } })
      const refreshed = await call('POST', '/refresh', undefined, { refresh_token })
      expect(refreshed).toMatchObject({ status: 201 })
      await expectGuarded(call, '/account', [(refreshed.body as Tokens).access_token], 'u-1')
      for (const token of [access_token, 'x.y.z']) {
        expect(await call('POST', '/refresh', undefined, { refresh_token: token })).toMatchObject({
          status: 401,
        })
      }
      return tokens
    })

    const strategies = await read(app, 'src/strategies.ts')
    expect(strategies).toContain('export class AccessStrategy implements IdentityLoader {')
    expect(strategies).toContain(
      "export class RefreshStrategy extends PassportStrategy(Strategy, 'jwt-refresh') {",
    )
    expect(await read(app, 'src/tokens.ts')).toContain('async tokensOf(user: User) {')
    expect(await read(app, 'src/accounts.controller.ts')).toContain(
      'orders(@Request() request: { user: User; ip: string }) {',
    )
    expect(await read(app, 'package.json')).toContain('"passport-jwt": "^4.0.1"')
    const list = await read(app, 'MIGRATION.md')
    expect(await named(app, list, 'This signs a token')).toContain('this.jwtService.sign(payload, {')
    expect(await named(app, list, 'This guard takes refresh')).toContain(
      "@UseGuards(AuthGuard('jwt-refresh'))",
    )
    expect(list).not.toContain('The compiler says')

    const module = await read(app, 'src/app.module.ts')
    expect(module).toContain('JwtModule.registerAsync({')
    expect(module).toContain('JwtAuthModule.forRootAsync({')
    const again = await migrate(app, 'nestjs-jwt', '--force')
    expect(again).toMatchObject({ code: 0, warned: expect.stringContaining('has JwtAuthModule already') })
    expect(await read(app, 'src/app.module.ts')).toBe(module)
    expect(result.warned).toContain('Run npm install')
  })
})
