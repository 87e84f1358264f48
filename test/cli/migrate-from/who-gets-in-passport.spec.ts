import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sources } from '../../docs/code-blocks.js'
import { appOf, type Case, filesOf, MARK, marks, routes } from './guarded-app.js'
import { type CommandResult, migrate, read, writeSources } from './project.js'

let app: string
let outside: string

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-migrate-')))
})

afterAll(() => rm(outside, { recursive: true, force: true }))

async function migrated(...cases: Sources[]) {
  app = await mkdtemp(join(outside, 'app-'))
  await writeSources(app, [...appOf(cases), strategy()])
  return migrate(app, 'nestjs-jwt', '--force')
}

function strategy(
  body = 'async validate(payload: { sub: string }) {\n    return { id: payload.sub };\n  }',
): Sources[number] {
  return [
    'src/jwt.strategy.ts',
    `import { Injectable } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: process.env.JWT_SECRET! });
  }

  ${body}
}
`,
  ]
}

/** The usual guard of passport, with these members. */
const guard = (members: string, head = ''): Sources[number] => [
  'src/auth.guard.ts',
  `import { ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { GqlExecutionContext } from '@nestjs/graphql';
import { AuthGuard as Passport } from '@nestjs/passport';
import { OPEN } from './open';
${head}
@Injectable()
export class AuthGuard extends Passport('jwt') {
  constructor(private readonly reflector: Reflector) {
    super();
  }

  ${members}
}
`,
]

const canActivate = (mark = MARK, more = '') => `canActivate(context: ExecutionContext) {
    const isOpen = ${mark};
    if (isOpen) return true;
    ${more}
    return super.canActivate(context);
  }`

const handle = (body: string) =>
  `handleRequest(err: any, user: any, info: any) {\n    ${body}\n    return user;\n  }`
const usual = 'if (err || !user) {\n      throw err || new UnauthorizedException();\n    }'

const uses = (code: string): Sources => [
  guard(canActivate()),
  [
    'src/uses.ts',
    `import { Controller, UseGuards } from '@nestjs/common';\nimport { AuthGuard as Passport } from '@nestjs/passport';\nimport { AuthGuard } from './auth.guard';\n${code}\n`,
  ],
]

describe('guards of passport that do what JwtGuard does are replaced:', () => {
  it.each([
    [
      'nothing of their own',
      guard('').map((text) => text.replace(/constructor[^}]*}/, '')) as Sources[number],
    ],
    ['the mark', guard(canActivate())],
    ['the error', guard(`${canActivate()}\n  ${handle(usual)}`)],
    [
      'the error of each kind',
      guard(handle('if (err) throw err;\n if (info || !user) throw new UnauthorizedException("no");')),
    ],
    [
      'GraphQL',
      guard(
        'getRequest(context: ExecutionContext) {\n const ctx = GqlExecutionContext.create(context);\n return ctx.getContext().req;\n }',
      ),
    ],
    [
      'the mark of handlers, which alone carry it',
      guard(canActivate('this.reflector.get<boolean>(OPEN, context.getHandler())')),
    ],
  ])('%s', async (_, source) => {
    const { code, printed } = await migrated([source])
    expect({ code, printed }).toMatchObject({ code: 0, printed: expect.not.stringContaining('not known') })
    expect(await read(app, 'src/case0/auth.guard.ts')).toBeUndefined()
    expect(await read(app, 'src/case0/module.ts')).toContain('{ provide: APP_GUARD, useExisting: JwtGuard }')
    const isMarked = source[1].includes('isOpen')
    expect(await read(app, 'src/case0/routes.ts')).toContain(isMarked ? '@Public() @Get' : '@Open() @Get')
  })
})

describe('AuthGuard without a class of its own', () => {
  const moduleOf = (options: string): Sources[number] => [
    'src/passport.module.ts',
    `import { Module } from '@nestjs/common';
import { PassportModule } from '@nestjs/passport';
@Module({ imports: [PassportModule.register(${options})] })
export class AppPassportModule {}
`,
  ]
  const plain = guard('').map((text) => text.replace(/constructor[^}]*}/, '')) as Sources[number]
  const bound = (argument: string): Sources => [
    plain,
    ...uses(`@UseGuards(Passport(${argument})) @Controller() export class A {}`).slice(1),
  ]

  it("is replaced where the module's default strategy is that of access tokens", async () => {
    const { code } = await migrated([...bound(''), moduleOf("{ defaultStrategy: 'jwt' }")])
    expect(code).toBe(0)
    expect(await read(app, 'src/case0/uses.ts')).toContain('@UseGuards(JwtGuard) @Controller()')
    expect(await read(app, 'src/case0/passport.module.ts')).not.toContain('PassportModule.register')
  })

  it.each([
    ['', "{ defaultStrategy: 'local' }"],
    ["'azure-jwt'", '{ session: true }'],
  ])('Passport(%s) stays with its module, if it is of another strategy', async (argument, options) => {
    const { code } = await migrated([...bound(argument), moduleOf(options)])
    expect(code).toBe(0)
    expect(await read(app, 'src/case0/uses.ts')).toContain(`@UseGuards(Passport(${argument}))`)
    expect(await read(app, 'src/case0/passport.module.ts')).toBe(moduleOf(options)[1])
  })

  it('stays with its module, if there is no strategy of access tokens', async () => {
    app = await mkdtemp(join(outside, 'app-'))
    const files: Sources = [
      ...appOf([[]]),
      ['src/uses.ts', bound('')[1]?.[1].replace("import { AuthGuard } from './auth.guard';\n", '') ?? ''],
      moduleOf("{ defaultStrategy: 'local' }"),
    ]
    await writeSources(app, files)
    expect(await migrate(app, 'nestjs-jwt', '--force')).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/auth.guard.ts')).toBeUndefined()
    for (const [path, text] of files.slice(-2)) expect(await read(app, path)).toBe(text)
  })
})

describe('nothing is rewritten if a guard of passport', () => {
  const cases: [string, Sources][] = [
    ['refuses by the user', [guard(handle('if (err || !user || user.banned) throw err || new UnauthorizedException();'))]],
    ['refuses by the user, at last', [guard(handle(`${usual}\n    if (user.banned) throw new UnauthorizedException();`))]],
    ['refuses in another function', [guard(handle(`${usual}\n    check(user);`), 'function check(user: any) { if (user.banned) throw new Error() }')]],
    ['lets anonymous requests pass', [guard(handle('if (err) throw err;'))]],
    ['refuses before passport', [guard(canActivate(MARK, "if (process.env.CLOSED) throw new UnauthorizedException();"))]],
    ['checks in getRequest', [guard("getRequest(context: ExecutionContext) {\n const ctx = GqlExecutionContext.create(context);\n if (!ctx.getContext().ok) throw new Error();\n return ctx.getContext().req;\n }")]],
    ['has the request of a connection', [guard('getRequest(context: ExecutionContext) {\n const { req, connectionParams } = GqlExecutionContext.create(context).getContext();\n return connectionParams ?? req;\n }')]],
    ['has options', [guard("getAuthenticateOptions() { return { property: 'account' } }")]],
    ['does something when it is made', [guard('').map((text) => text.replace('super();', 'super(); start();')) as Sources[number]]],
    ['reads the mark of the class first', [guard(canActivate(MARK.replace('Handler', 'X').replace('Class', 'Handler').replace('X', 'Class')))]],
    ['reads the mark of handlers, and a class carries it', [guard(canActivate('this.reflector.get(OPEN, context.getHandler())')), ['src/routes.ts', routes('', { onClass: '@Open()' })]]],
    ['reads a mark that may be false', [guard(canActivate()), ['src/open.ts', marks('export const Open = (on = true) => SetMetadata(OPEN, on);')]]],
    ['has a subclass that handles the request', uses('export class Admin extends AuthGuard { handleRequest(e: any, user: any) { if (!user.isAdmin) throw e; return user } }')],
    ['has a subclass by a constant', uses("const Base = Passport('jwt');\nexport class Admin extends Base { handleRequest(e: any, user: any) { if (!user.isAdmin) throw e; return user } }")],
    ['is a class expression', uses("export const Admin = class extends Passport('jwt') { handleRequest(e: any, user: any) { if (!user.isAdmin) throw e; return user } };")],
    ['is mixed in', uses("declare const strict: any;\nexport class Admin extends strict(Passport('jwt')) {}")],
    ['is made with new', uses('export const guard = new AuthGuard(null!);')],
    ['asks a strategy that only the app knows when it runs', uses('@UseGuards(Passport(process.env.STRATEGY)) @Controller() export class A {}')],
  ] // prettier-ignore
  const all = cases.map(([, files]) => files)
  let result: CommandResult
  let folder: string

  beforeAll(async () => {
    result = await migrated(...all)
    folder = app
  })

  it.each(cases.map(([name], index) => ({ name, index })))('$name', async ({ index }) => {
    expect(result.code).toBe(1)
    expect(result.printed).toMatch(new RegExp(`^- \\[ \\] .*src/case${index}/[\\w.]+:\\d+`, 'm'))
    for (const [path, text] of filesOf(all, index)) expect(await read(folder, path)).toBe(text)
  })
})

describe('a strategy', () => {
  const migratedWith = async (body: string, files: Case['files'] = []) => {
    app = await mkdtemp(join(outside, 'app-'))
    await writeSources(app, [...appOf([[guard(canActivate())]]), strategy(body), ...files])
    return migrate(app, 'nestjs-jwt', '--force')
  }
  const validate = 'validate(payload: any) { return { id: payload.sub } }'

  it('on one line stays valid', async () => {
    expect(await migratedWith(validate)).toMatchObject({ code: 0 })
    expect(await read(app, 'src/jwt.strategy.ts')).toContain(
      'loadIdentity(claims: JwtClaims) { const payload: any = claims; return { id: payload.sub } }',
    )
  })

  it('whose answer may be anything refuses what is falsy', async () => {
    const find =
      'validate(payload: any) { return this.find(payload.sub); }\n  find(id: string): any { return false }'
    expect(await migratedWith(find)).toMatchObject({ code: 0 })
    expect(await read(app, 'src/jwt.strategy.ts')).toContain('return this.find(payload.sub) || null;')
  })

  it('that answers with false or with what may be false', async () => {
    const body =
      "validate(payload: any) { return payload.sub === 'eve' ? false : this.isActive(payload) }\n  isActive(p: any): boolean { return p.ok }"
    expect(await migratedWith(body)).toMatchObject({ code: 0 })
    expect(await read(app, 'src/jwt.strategy.ts')).toContain(
      "return (payload.sub === 'eve' ? null : this.isActive(payload)) || null",
    )
  })

  it.each([
    [
      'refuses in `authenticate`',
      `authenticate(request: any) { if (request.ok) (this as any).fail() }\n  ${validate}`,
    ],
    ['replaces `success`', `success = (user: any) => { if (user.banned) throw new Error() };\n  ${validate}`],
    ['answers with an array', 'validate(payload: any) { return [false] }'],
  ])('that %s: nothing is rewritten', async (_, body) => {
    expect(await migratedWith(body)).toMatchObject({ code: 1 })
    expect(await read(app, 'src/jwt.strategy.ts')).toBe(strategy(body)[1])
  })

  it('that has a subclass: nothing is rewritten', async () => {
    const strict: Sources[number] = ['src/strict.ts', "import { JwtStrategy } from './jwt.strategy';\nexport class Strict extends JwtStrategy { async validate(p: any) { return p.ok && p } }\n"] // prettier-ignore
    expect(await migratedWith(validate, [strict])).toMatchObject({ code: 1 })
    expect(await read(app, 'src/jwt.strategy.ts')).toBe(strategy(validate)[1])
  })
})
