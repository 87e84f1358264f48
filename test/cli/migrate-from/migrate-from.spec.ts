import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sources } from '../../docs/code-blocks.js'
import { appOf, filesOf, marks } from './guarded-app.js'
import { commitAll, migrate, read, tsconfig, writeSources } from './project.js'

let app: string

beforeEach(async () => {
  app = await realpath(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-migrate-')))
})

afterEach(() => rm(app, { recursive: true, force: true }))

const manifest: Sources[number] = ['package.json', '{ "dependencies": { "@nestjs/jwt": "^11.0.0" } }\n']

const moduleOf = (options: string, more = ''): Sources[number] => [
  'src/app.module.ts',
  `import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { Tokens } from './tokens';
${more}
@Module({
  imports: [JwtModule.register(${options})],
  providers: [Tokens],
  exports: [JwtModule, Tokens],
})
export class AppModule {}
`,
]

const tokensOf = (body: string, more = ''): Sources[number] => [
  'src/tokens.ts',
  `import { Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
${more}
@Injectable()
export class Tokens {
  constructor(private readonly jwtService: JwtService) {}

${body}
}
`,
]

const secret = "{ secret: process.env.JWT_SECRET, signOptions: { expiresIn: '1h' } }"
const sign = tokensOf('  sign(id: string) {\n    return this.jwtService.signAsync({ sub: id });\n  }')

/** Without the compiler's library, which takes a second to read, and which these apps do not need. */
const withoutLibrary: Sources[number] = [
  'tsconfig.json',
  tsconfig[1].replace('{', '{"extends":"./no-lib.json",'),
]
const noLibrary: Sources[number] = ['no-lib.json', '{ "compilerOptions": { "noLib": true } }']

const write = (...sources: Sources) => writeSources(app, [noLibrary, withoutLibrary, manifest, ...sources])
const forced = () => migrate(app, 'nestjs-jwt', '--force')

describe('calls that cannot be carried out', () => {
  it.each([
    { args: [], problem: 'The name of the former code is missing.' },
    { args: ['express-jwt'], problem: 'The former code is not known.' },
    { args: ['nestjs-jwt', '--dry'], problem: 'Did you mean --dry-run?' },
  ])('$args', async ({ args, problem }) => {
    expect(await migrate(app, ...args)).toMatchObject({ code: 2, warned: expect.stringContaining(problem) })
  })

  it('a folder without a tsconfig.json', async () => {
    const { code, warned } = await forced()
    expect({ code, warned }).toEqual({ code: 2, warned: expect.stringContaining('--project') })
    expect(warned).toContain(join(app, 'tsconfig.json'))
  })

  it('a tsconfig.json that is no JSON', async () => {
    await write(moduleOf(secret), sign, ['tsconfig.json', '{ "compilerOptions": '])
    expect(await forced()).toMatchObject({ code: 2, warned: expect.stringContaining('cannot be read') })
  })

  it('a file with a syntax error, which it names with its line', async () => {
    await write(moduleOf(secret), sign, ['src/broken.ts', 'export const a = 1\nexport const = 2\n'])
    const { code, warned } = await forced()
    expect(code).toBe(2)
    expect(warned).toContain('src/broken.ts:2')
    expect(await read(app, 'src/tokens.ts')).toBe(sign[1])
  })

  it('an app that has nothing of the former code', async () => {
    await write(['src/main.ts', 'export const a = 1\n'])
    expect(await forced()).toMatchObject({ code: 2, warned: expect.stringContaining('imports @nestjs/jwt') })
  })

  it('a folder that git does not know, or that has changes, unless it is forced', async () => {
    await write(moduleOf(secret), sign)
    expect(await migrate(app, 'nestjs-jwt')).toMatchObject({
      code: 2,
      warned: expect.stringContaining('git init'),
    })
    commitAll(app)
    await writeFile(join(app, 'notes.txt'), 'mine')
    const dirty = await migrate(app, 'nestjs-jwt')
    expect(dirty).toMatchObject({ code: 2, warned: expect.stringContaining('notes.txt') })
    expect(await read(app, 'src/tokens.ts')).toBe(sign[1])
    await rm(join(app, 'notes.txt'))
    expect(await migrate(app, 'nestjs-jwt')).toMatchObject({ code: 0 })
    expect(await read(app, 'src/tokens.ts')).toContain('TokenService')
  })
})

it('--dry-run prints the diff and the list, and writes nothing', async () => {
  await write(moduleOf(secret), sign)
  const { code, printed } = await migrate(app, 'nestjs-jwt', '--dry-run')
  expect(code).toBe(0)
  expect(printed).toContain('--- a/src/tokens.ts\n+++ b/src/tokens.ts\n@@')
  expect(printed).toContain(
    '-    return this.jwtService.signAsync({ sub: id });\n+    return this.tokenService.issueAccessToken(id);',
  )
  expect(printed).toContain('`NEST_JWT_AUTH_SECRET`')
  expect(await read(app, 'src/tokens.ts')).toBe(sign[1])
  expect(await read(app, 'MIGRATION.md')).toBeUndefined()
})

it('takes what is not used any more out of imports, modules and package.json, and nothing else', async () => {
  await write(moduleOf(secret), sign)
  await forced()
  const module = await read(app, 'src/app.module.ts')
  expect(module).not.toContain('JwtModule')
  expect(module).toContain('exports: [Tokens],')
  expect(JSON.parse((await read(app, 'package.json')) ?? '')).toEqual({
    dependencies: { '@nest-jwt-auth/core': expect.stringMatching(/^\^\d/) },
  })
})

it('a run that is blocked can be repeated, although its list is not committed', async () => {
  await write(moduleOf(secret), tokensOf('  give() { return this.jwtService; }'))
  commitAll(app)
  const dry = await migrate(app, 'nestjs-jwt', '--dry-run')
  expect(dry).toMatchObject({ code: 1, warned: expect.not.stringContaining('MIGRATION.md') })
  expect(await migrate(app, 'nestjs-jwt')).toMatchObject({ code: 1, warned: expect.stringContaining('MIGRATION.md') }) // prettier-ignore
  expect(await migrate(app, 'nestjs-jwt')).toMatchObject({ code: 1 })
  await write(['MIGRATION.md', '# How we moved to the cloud'])
  expect(await migrate(app, 'nestjs-jwt')).toMatchObject({
    code: 2,
    warned: expect.stringContaining('?? MIGRATION.md'),
  })
})

it('a second run lists what is left, and writes nothing', async () => {
  const strategy = (name: string, request: string): Sources[number] => [
    `src/${name}.strategy.ts`,
    `import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';
export class ${name}Strategy extends PassportStrategy(Strategy, '${name}') {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: process.env.${name}${request} });
  }
  validate(...given: any) { return given; }
}
`,
  ]
  const [path, access] = strategy('jwt', '')
  const both = tokensOf(`  async both(id: string) {
    const access = await this.jwtService.signAsync({ sub: id });
    return [access, await this.jwtService.signAsync({ sub: id }, { secret: process.env.refresh })];
  }`)
  await write(
    moduleOf(secret.replace('JWT_SECRET', 'jwt')),
    both,
    [
      path,
      access.replace(
        'validate(...given: any) { return given; }',
        'validate(payload: any) { return payload; }',
      ),
    ],
    strategy('refresh', ', passReqToCallback: true'),
  )
  commitAll(app)
  expect(await migrate(app, 'nestjs-jwt')).toMatchObject({ code: 0 })
  const list = `${await read(app, 'MIGRATION.md')}- [x] mine\n`
  await write(['MIGRATION.md', list])
  const before = await read(app, 'src/tokens.ts')
  const again = await migrate(app, 'nestjs-jwt')
  expect(again).toMatchObject({
    code: 0,
    warned: 'Nothing was rewritten: the app has JwtAuthModule already.',
  })
  expect(again.printed).toContain('This signs a token that is no access token, and stays')
  expect(again.printed).not.toContain('Before anything can be rewritten')
  expect(await read(app, 'MIGRATION.md')).toBe(list)
  expect(await read(app, 'src/tokens.ts')).toBe(before)
})

describe('lifetimes', () => {
  it.each([
    ["'2 days'", "'2d'"],
    ["'1y'", "'365.25d'"],
    ["'60000'", "'60000ms'"],
    ['3600', '3600'],
    ["'15m'", "'15m'"],
    ['Number(process.env.TTL)', 'Number(process.env.TTL)'],
  ])('%s', async (former, now) => {
    await write(moduleOf(`{ secret: process.env.JWT_SECRET, signOptions: { expiresIn: ${former} } }`), sign)
    expect(await forced()).toMatchObject({ code: 0 })
    expect(await read(app, 'src/app.module.ts')).toContain(`accessToken: { expiresIn: ${now} },`)
  })
})

describe('former tokens are accepted', () => {
  const dayIn = (days: number, from: number) => new Date(from + days * 86_400_000).toISOString().slice(0, 10)

  it.each([
    ["'15m'", 2],
    ["'25h'", 3],
    ["'1y'", 89],
    ['Number(process.env.TTL)', 30],
  ])('with a lifetime of %s: %d days', async (lifetime, days) => {
    await write(moduleOf(`{ secret: process.env.JWT_SECRET, signOptions: { expiresIn: ${lifetime} } }`), sign)
    const started = Date.now()
    expect(await forced()).toMatchObject({ code: 0 })
    const [, until] = /until: '(.*)'/.exec((await read(app, 'src/app.module.ts')) ?? '') ?? []
    expect([dayIn(days, started), dayIn(days, Date.now())]).toContain(until)
  })
})

describe('former tokens', () => {
  it.each([
    [
      'a short secret in the sources',
      "{ secret: 'too-short', signOptions: { expiresIn: '1h' } }",
      'too short',
    ],
    ['tokens that never expire', '{ secret: process.env.JWT_SECRET }', 'never expire'],
  ])('%s: they are left out, and the list says why', async (_, options, reason) => {
    await write(moduleOf(options), sign)
    expect(await forced()).toMatchObject({ code: 0, printed: expect.stringContaining(reason) })
    expect(await read(app, 'src/app.module.ts')).not.toContain('legacyTokens')
  })

  it('tokens of two kinds under one secret: none is accepted until a person says which', async () => {
    const both = tokensOf(`  async both(id: string) {
    const access = await this.jwtService.signAsync({ sub: id });
    const refresh = await this.jwtService.signAsync({ sub: id }, { expiresIn: '30d' });
    return { access, refresh };
  }`)
    await write(moduleOf(secret), both)
    expect(await forced()).toMatchObject({
      code: 0,
      printed: expect.stringContaining('`legacyTokens.accept` refuses all'),
    })
    expect(await read(app, 'src/app.module.ts')).toContain('accept: () => false,')
    const tokens = await read(app, 'src/tokens.ts')
    expect(tokens).toContain('const access = await this.tokenService.issueAccessToken(id);')
    expect(tokens).toContain(
      "const refresh = await this.jwtService.signAsync({ sub: id }, { expiresIn: '30d' });",
    )
  })
})

describe('what is not certain is left, with everything else', () => {
  const cases: [string, string, Sources[number], string?][] = [
    [
      'a payload without a subject',
      secret,
      tokensOf('  sign(name: string) { return this.jwtService.signAsync({ name }); }'),
    ],
    [
      'a payload of any type',
      secret,
      tokensOf('  sign(payload: any) { return this.jwtService.signAsync(payload); }'),
    ],
    [
      'a claim that the library sets',
      secret,
      tokensOf("  sign(id: string) { return this.jwtService.signAsync({ sub: id, jti: 'x' }); }"),
    ],
    [
      'ignoreExpiration',
      secret,
      tokensOf('  read(t: string) { return this.jwtService.verifyAsync(t, { ignoreExpiration: true }); }'),
    ],
    [
      'a callback that cannot wait',
      secret,
      tokensOf('  all(ids: string[]) { return ids.map((id) => this.jwtService.sign({ sub: id })); }'),
    ],
    ['options that are not written here', 'options', sign, "import { options } from './options';"],
    ['an option without a counterpart', "{ secret: process.env.S, signOptions: { keyid: 'a' } }", sign],
    ['a JwtService that is handed on', secret, tokensOf('  give() { return this.jwtService; }')],
  ]

  it.each(cases)('%s', async (_, options, tokens, more = '') => {
    const sources: Sources = [
      moduleOf(options, more),
      tokens,
      ['src/options.ts', 'export const options = { secret: "" };\n'],
    ]
    await write(...sources)
    const { code, printed } = await forced()
    expect(code).toBe(1)
    expect(printed).toMatch(
      /## Before anything can be rewritten\n\n- \[ \] \*\*src\/\w+(?:\.\w+)?\.ts:\d+\*\*: ./,
    )
    for (const [path, text] of [...sources, manifest]) expect(await read(app, path)).toBe(text)
    expect(await read(app, 'MIGRATION.md')).toBe(printed)
  })
})

describe('a guard that decides in another way than JwtGuard', () => {
  /** A guard of the recipe, with what it does before it verifies, and the options with which it does. */
  const guardOf = (name: string, { before = '', options = '', after = '' } = {}): Sources[number] => [
    `src/${name.toLowerCase()}.guard.ts`,
    `import { CanActivate, ExecutionContext, Injectable, UnauthorizedException } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';

@Injectable()
export class ${name}Guard implements CanActivate {
  constructor(private readonly jwtService: JwtService, private readonly reflector: Reflector) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest();
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    ${before}
      if (type !== 'Bearer') throw new UnauthorizedException();
      request.user = await this.jwtService.verifyAsync(token${options});
    ${after}
    return true;
  }
}
`,
  ]
  const passportGuard = (body: string): Sources[number] => [
    'src/jwt-auth.guard.ts',
    `import { ExecutionContext, ForbiddenException, Injectable } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { AuthGuard } from '@nestjs/passport';

@Injectable()
export class JwtAuthGuard extends AuthGuard('jwt') {
  constructor(private readonly reflector: Reflector) { super(); }

  async canActivate(context: ExecutionContext) {
    ${body}
  }
}
`,
  ]
  const strategyWith = (body: string): Sources[number] => [
    'src/jwt.strategy.ts',
    `import { Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(), secretOrKey: process.env.JWT_SECRET! });
  }

  private isActive(id: string): boolean { return id !== 'eve' }

  async validate(payload: { sub: string }) {
    ${body}
  }
}
`,
  ]
  const handlers: Sources[number] = [
    'src/admin.controller.ts',
    `import { Controller, Get, SetMetadata, UseGuards } from '@nestjs/common';
import { AdminGuard } from './admin.guard';

@Controller('admin')
@UseGuards(AdminGuard)
export class AdminController {
  @Get() @SetMetadata('auth', true) @SetMetadata('internal', true) list() { return [] }
}
`,
  ]
  const accessGuard = guardOf('Auth')

  it.each([
    [
      'verifies with a key of its own',
      guardOf('Admin', { options: ', { secret: process.env.ADMIN_SECRET }' }),
    ],
    ['looks at the audience too', guardOf('Admin', { options: ", { audience: 'admin' }" })],
    ['takes young tokens alone', guardOf('Admin', { options: ", { maxAge: '10m' }" })],
    ['takes expired tokens too', guardOf('Admin', { options: ', { ignoreExpiration: true }' })],
  ])('%s: nothing is rewritten', async (_, guard) => {
    const sources: Sources = [moduleOf(secret), sign, accessGuard, guard, handlers]
    await write(...sources)
    const { code, printed } = await forced()
    expect({ code, printed }).toMatchObject({
      code: 1,
      printed: expect.stringContaining('This guard checks'),
    })
    for (const [path, text] of sources) expect(await read(app, path)).toBe(text)
  })

  it.each([
    [
      'verifies marked routes alone',
      guardOf('Admin', { before: "if (this.reflector.get('auth', context.getHandler())) {", after: '}' }),
    ],
    [
      'refuses marked routes',
      guardOf('Admin', {
        before:
          "if (this.reflector.get('internal', context.getHandler())) throw new UnauthorizedException();",
      }),
    ],
  ])('%s: it stays, and no route becomes public', async (_, guard) => {
    await write(moduleOf(secret), sign, guard, handlers)
    await forced()
    expect(await read(app, 'src/admin.controller.ts')).toBe(handlers[1])
    expect(await read(app, guard[0])).toContain('class AdminGuard')
  })

  it.each([
    [
      'throws for marked routes',
      passportGuard(`if (this.reflector.get('closed', context.getHandler())) throw new ForbiddenException();
    return super.canActivate(context);`),
    ],
    [
      'demands more',
      passportGuard("return (await super.canActivate(context)) as boolean && process.env.OPEN === '1';"),
    ],
  ])('of passport %s: it is not replaced', async (_, guard) => {
    await write(moduleOf(secret), sign, strategyWith('return { id: payload.sub };'), guard)
    await forced()
    expect(await read(app, guard[0])).toBe(guard[1])
  })

  it.each([
    [
      'in a callback',
      '[payload.sub].forEach((id) => { if (!this.isActive(id)) throw new UnauthorizedException(); }); return { id: payload.sub };',
    ],
    ['by a boolean', 'return this.isActive(payload.sub);'],
    ['by false of a condition', "const user = { id: payload.sub }; return user.id !== 'eve' && user;"],
  ])('a strategy that refuses %s: nothing is rewritten', async (_, body) => {
    const sources: Sources = [moduleOf(secret), sign, strategyWith(body)]
    await write(...sources)
    const { code } = await forced()
    expect(code).toBe(1)
    for (const [path, text] of sources) expect(await read(app, path)).toBe(text)
  })
})

it('a guard that does more stays, and asks TokenService', async () => {
  const guard = `import { CanActivate, ExecutionContext, Injectable } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';
import { Audit } from './audit';

@Injectable()
export class AuditingGuard implements CanActivate {
  constructor(private readonly jwtService: JwtService, private readonly audit: Audit) {}

  async canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest();
    const payload = await this.jwtService.verifyAsync<{ sub: string }>(request.headers['x-token']);
    await this.audit.note(payload.sub);
    return true;
  }
}
`
  await write(
    moduleOf(secret),
    sign,
    ['src/audit.ts', 'export class Audit { async note(id: string) { return id } }\n'],
    ['src/auditing.guard.ts', guard],
  )
  expect(await forced()).toMatchObject({ code: 0 })
  expect(await read(app, 'src/auditing.guard.ts')).toContain(
    "const payload = (await this.tokenService.verify(request.headers['x-token'])).claims as unknown as { sub: string };",
  )
})

it('covers the apps of a Nest monorepo, with path aliases', async () => {
  await writeSources(app, [
    manifest,
    [
      'tsconfig.json',
      '{ "compilerOptions": { "experimentalDecorators": true, "paths": { "@app/tokens": ["./libs/tokens/src/index.ts"] } }, "files": [] }',
    ],
    [
      'nest-cli.json',
      '{ "monorepo": true, "projects": { "api": { "compilerOptions": { "tsConfigPath": "apps/api/tsconfig.app.json" } } } }',
    ],
    [
      'apps/api/tsconfig.app.json',
      '{ "extends": "../../tsconfig.json", "include": ["src"], "files": ["src/app.module.ts"] }',
    ],
    ['apps/api/src/app.module.ts', moduleOf(secret)[1].replace("'./tokens'", "'@app/tokens'")],
    ['libs/tokens/src/index.ts', "export * from './tokens';\n"],
    ['libs/tokens/src/tokens.ts', sign[1]],
  ])
  expect(await forced()).toMatchObject({ code: 0 })
  expect(await read(app, 'apps/api/src/app.module.ts')).toContain('JwtAuthModule.forRoot({')
  expect(await read(app, 'libs/tokens/src/tokens.ts')).toContain('this.tokenService.issueAccessToken(id)')
})

describe('one app of a folder with several', () => {
  const other: Sources[number] = ['apps/admin/src/app.module.ts', moduleOf(secret)[1]]
  const monorepo: Sources = [
    noLibrary,
    ['package.json', '{ "dependencies": { "@nestjs/jwt": "^11.0.0" } }\n'],
    ['apps/api/tsconfig.app.json', '{ "extends": "../../no-lib.json", "include": ["src"], "exclude": ["test", "**/*spec.ts"] }'],
    ['apps/api/src/app.module.ts', moduleOf(secret)[1].replace("'./tokens'", "'../../../libs/tokens'")],
    ['libs/tokens.ts', sign[1]],
  ] // prettier-ignore
  const api = () => migrate(app, 'nestjs-jwt', '--project', 'apps/api/tsconfig.app.json')
  const dependencies = async () =>
    Object.keys(
      (JSON.parse((await read(app, 'package.json')) ?? '') as { dependencies: object }).dependencies,
    )

  it('keeps the packages that another app uses, and lists where', async () => {
    await writeSources(app, [...monorepo, other, ['apps/admin/dist/main.js', 'require("@nestjs/jwt")']])
    commitAll(app)
    const { code, printed } = await api()
    expect(code).toBe(0)
    expect(await dependencies()).toEqual(['@nest-jwt-auth/core', '@nestjs/jwt'])
    expect(printed).toMatch(/\*\*\.\.\/admin\/src\/app\.module\.ts\*\*: This file uses `@nestjs\/jwt`/)
    expect(printed).not.toContain('dist')
    expect(await read(app, other[0])).toBe(other[1])
  })

  it.each(['apps/api/src/tokens.spec.ts', 'apps/api/test/app.e2e-spec.ts'])(
    'lists %s, which the tsconfig.json leaves out, as a test, and keeps what it uses',
    async (path) => {
      await writeSources(app, [...monorepo, [path, "jest.mock('@nestjs/jwt')\n"]])
      commitAll(app)
      const { code, printed } = await api()
      expect(code).toBe(0)
      expect(await dependencies()).toContain('@nestjs/jwt')
      expect(printed).toContain(`**${path.replace('apps/api/', '')}**: This test sets up the former code.`)
    },
  )

  it('takes away what no file of the folder uses', async () => {
    await writeSources(app, monorepo)
    commitAll(app)
    expect(await api()).toMatchObject({ code: 0 })
    expect(await dependencies()).toEqual(['@nest-jwt-auth/core'])
  })

  it.each(['package.json', 'libs/tokens.ts'])(
    'refuses changes of %s that are not committed',
    async (path) => {
      await writeSources(app, monorepo)
      commitAll(app)
      await writeFile(join(app, path), `${await read(app, path)}\n`)
      expect(await api()).toMatchObject({ code: 2, warned: expect.stringContaining(` M ${path}`) })
      expect(await read(app, 'apps/api/src/app.module.ts')).toContain('JwtModule')
    },
  )

  it('rewrites the other app too, whose library has moved before', async () => {
    await writeSources(app, [...monorepo, [other[0], other[1].replace("'./tokens'", "'../../../libs/tokens'")], ['apps/admin/tsconfig.json', monorepo[2]?.[1] ?? '']]) // prettier-ignore
    commitAll(app)
    expect(await api()).toMatchObject({ code: 0 })
    expect(await migrate(app, 'nestjs-jwt', '--force', '--project', 'apps/admin')).toMatchObject({ code: 0 })
    expect(await read(app, other[0])).toContain('JwtAuthModule.forRoot({')
    expect(await dependencies()).toEqual(['@nest-jwt-auth/core'])
  })
})

it('a file of which nothing is left is removed, and no barrel exports from it any more', async () => {
  const guarded = filesOf([[['src/open.ts', marks('export const Open = () => SetMetadata(OPEN, true);')]]], 0)
  const withBarrels = guarded.map(([path, text]): Sources[number] => [
    path,
    path.endsWith('open.ts') || path.endsWith('guard.ts')
      ? text.replace('./open', './index')
      : text.replace(/'\.\/(?:open|auth\.guard)'/g, "'./index'"),
  ])
  await writeSources(app, [
    ...appOf([]),
    ...withBarrels,
    [
      'src/case0/index.ts',
      "export * from './marks';\nexport { AuthGuard } from './auth.guard';\nexport const kept = 1;\n",
    ],
    ['src/case0/marks.ts', "export * from './open';\n"],
  ])
  expect(await forced()).toMatchObject({ code: 0 })
  expect(await read(app, 'src/case0/index.ts')).toBe('export const kept = 1;\n')
  for (const file of ['open', 'marks', 'auth.guard']) {
    expect(await read(app, `src/case0/${file}.ts`)).toBeUndefined()
  }
  expect(await read(app, 'src/case0/routes.ts')).toContain('@Public()')
})
