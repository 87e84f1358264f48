import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sources } from '../../docs/code-blocks.js'
import { appOf, recipe } from './guarded-app.js'
import { migrate, read, writeSources } from './project.js'

let outside: string
let app: string

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-migrate-')))
})

afterAll(() => rm(outside, { recursive: true, force: true }))

async function migrated(...sources: Sources) {
  app = await mkdtemp(join(outside, 'app-'))
  await writeSources(app, [...appOf([[]]), ...sources])
  return migrate(app, 'nestjs-jwt', '--force')
}

/** Another guard, which refuses by what the guard of access tokens or the marks leave. */
const beside = (decides: string): Sources[number] => [
  'src/beside.guard.ts',
  `import { ExecutionContext, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { get } from 'lodash';

@Injectable()
export class BesideGuard {
  constructor(private readonly reflector: Reflector) {}
  canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest();
    return ${decides};
  }
  has(context: ExecutionContext, key: string) { return this.reflector.get(key, context.getHandler()); }
}
`,
]

describe('the mark stays beside ours where another guard may read it:', () => {
  it.each([
    ['by a key that it is given', "!this.has(context, 'open to 0') || request.headers['x-key'] === 'k'"],
    ['in a template', 'this.reflector.get(`open to 0`, context.getHandler()) !== true || request.ok'],
    [
      'among all keys',
      '!Reflect.getMetadataKeys(context.getHandler()).includes("open" + " to 0") || request.ok',
    ],
  ])('%s', async (_, decides) => {
    expect(await migrated(beside(decides))).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/open.ts')).toContain(
      'applyDecorators(SetMetadata(OPEN, true), Public())',
    )
  })
})

describe('the payload stays at the request where another guard may read it:', () => {
  it.each([
    ['by a path', "!get(request, 'user.banned')"],
    ['by Reflect', "!Reflect.get(request, 'user')?.banned"],
    ['by a name that is only known when the app runs', '!request[process.env.USER_PROPERTY!]?.banned'],
  ])('%s', async (_, decides) => {
    expect(await migrated(beside(decides))).toMatchObject({ code: 0 })
    expect(await read(app, 'src/app.module.ts')).toContain("attachIdentityAs: 'user'")
  })
})

describe('a guard stays that puts something else on the request than another one:', () => {
  it('at another property', async () => {
    const other = recipe()
      .replace('class AuthGuard', 'class Other')
      .replace("request['user']", "request['account']")
    const { code, printed } = await migrated(['src/case0/other.guard.ts', other])
    expect({ code, printed }).toMatchObject({
      code: 0,
      printed: expect.stringContaining('puts something else there'),
    })
    expect(await read(app, 'src/case0/auth.guard.ts')).toBeUndefined()
    expect(await read(app, 'src/case0/other.guard.ts')).toContain("request['account'] = payload")
  })

  it('the payload, where a strategy puts its user', async () => {
    expect(await migrated(strategy())).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/auth.guard.ts')).toContain("request['user'] = payload")
  })
})

const strategy = (options = '', body = 'return { id: payload.sub };'): Sources[number] => [
  'src/jwt.strategy.ts',
  `import { Injectable, UnauthorizedException } from '@nestjs/common';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: process.env.JWT_SECRET, ${options} });
  }
  validate(payload: any) { ${body} }
}
`,
]
const passport = (module: string): Sources[number] => [
  'src/passport.ts',
  `import { Controller, UseGuards } from '@nestjs/common';
import { AuthGuard, PassportModule } from '@nestjs/passport';
@UseGuards(AuthGuard('jwt')) @Controller() export class Users {}
export const module = PassportModule.${module};
`,
]
const signs = (options: string): Sources[number] => [
  'src/app.module.ts',
  `import { JwtModule } from '@nestjs/jwt';
export const module = JwtModule.register({ secret: process.env.JWT_SECRET, ${options} });
`,
]

describe('nothing is rewritten where', () => {
  const usual = passport("register({ defaultStrategy: 'jwt', property: 'user' })")
  const keyless: Sources[number] = [
    'src/app.module.ts',
    "import { JwtModule } from '@nestjs/jwt';\nexport const module = JwtModule.register({ signOptions: { expiresIn: '1h' } });\n",
  ]
  it.each<[string, Sources]>([
    ['passport puts the user elsewhere', [strategy(), passport("register({ property: 'account' })")]],
    [
      'passport may put the user elsewhere',
      [strategy(), passport('registerAsync({ useFactory: () => ({}) })')],
    ],
    [
      'the strategy has another audience',
      [strategy("audience: 'api'"), usual, signs("signOptions: { audience: ['api', 'web'] }")],
    ],
    [
      'the strategy has another algorithm',
      [strategy("algorithms: ['HS512']"), usual, signs("signOptions: { algorithm: 'HS256' }")],
    ],
    [
      'tokens are checked for another issuer',
      [signs("signOptions: { issuer: 'a' }, verifyOptions: { issuer: 'b' }")],
    ],
    [
      'the key of the strategy may be public',
      [strategy(), usual, keyless, ['src/case0/auth.guard.ts', 'export class AuthGuard {}\n']],
    ],
  ])('%s', async (_, sources) => {
    expect(await migrated(...sources)).toMatchObject({ code: 1 })
    for (const [path, text] of sources) expect(await read(app, path)).toBe(text)
  })

  it('nothing of that is so', async () => {
    const alike = signs(
      "signOptions: { audience: 'api', algorithm: 'HS256' }, verifyOptions: { audience: 'api' }",
    )
    expect(await migrated(strategy("audience: 'api', algorithms: ['HS256']"), usual, alike)).toMatchObject({
      code: 0,
    })
  })
})

it('what a strategy throws within a `try` is still caught', async () => {
  const body =
    'try { if (payload.bad) throw new UnauthorizedException(); return payload } catch (e) { this.count++; throw e }'
  expect(await migrated(strategy('', body), passport('register({})'))).toMatchObject({ code: 0 })
  expect(await read(app, 'src/jwt.strategy.ts')).toContain(
    'if (payload.bad) throw new UnauthorizedException();',
  )
})
