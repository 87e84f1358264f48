import { afterEach, beforeEach, describe, expect, it } from '@jest/globals'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sources } from '../../docs/code-blocks.js'
import { migrate, read, tsconfig, writeSources } from './project.js'

let app: string

beforeEach(async () => {
  app = await realpath(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-odd-')))
})

afterEach(() => rm(app, { recursive: true, force: true }))

/** Without the compiler's library, which takes a second to read, and which these apps do not need. */
const base: Sources = [
  ['no-lib.json', '{ "compilerOptions": { "noLib": true } }'],
  ['tsconfig.json', tsconfig[1].replace('{', '{"extends":"./no-lib.json",')],
  ['package.json', '{ "dependencies": { "@nestjs/jwt": "^11.0.0" } }\n'],
]

const moduleOf = (imported: string): Sources[number] => [
  'src/app.module.ts',
  `import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { Tokens } from './tokens';

@Module({ imports: [${imported}], providers: [Tokens] })
export class AppModule {}
`,
]
const module = moduleOf(
  "JwtModule.register({ secret: process.env.JWT_SECRET, signOptions: { expiresIn: '1h' } })",
)

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
const tokens = tokensOf('sign(id: string) { return this.jwtService.signAsync({ sub: id }); }')

const controller: Sources[number] = [
  'src/notes.controller.ts',
  `import { Controller, Get, UseGuards } from '@nestjs/common';
import { LoggedIn } from './guard';

@Controller('notes')
@UseGuards(LoggedIn)
export class NotesController {
  @Get() list() { return [] }
}
`,
]

async function migrated(...sources: Sources) {
  await writeSources(app, [...base, ...sources])
  const { code, printed } = await migrate(app, 'nestjs-jwt', '--force')
  const text = async (path: string) => (await read(app, path)) ?? ''
  return { code, printed, text }
}

interface RecipeParts {
  read?: string
  members?: string
  refuse?: string
  verify?: string
  end?: string
}

const recipe = ({
  read: reads = 'const token = this.tokenOf(request);',
  members = '',
  refuse = 'if (!token) throw new UnauthorizedException();',
  verify = 'request.user = await this.jwtService.verifyAsync(token);',
  end = 'return true;',
}: RecipeParts): Sources[number] => [
  'src/guard.ts',
  `import { CanActivate, ExecutionContext, Injectable, Logger, UnauthorizedException } from '@nestjs/common';
import { JwtService } from '@nestjs/jwt';

const name = 'user';

@Injectable()
export class LoggedIn implements CanActivate {
  private readonly logger = new Logger();

  constructor(private readonly jwtService: JwtService) {}

  async canActivate(context: ExecutionContext) {
    const request = context.switchToHttp().getRequest();
    ${reads}
    ${refuse}
    ${verify}
    ${end}
  }
  ${members}
}
`,
]

const helper = (body: string, parameters = 'request: any') => ({
  members: `private tokenOf(${parameters}) { ${body} }`,
})
const ofHeader = (body: string) => ({
  read: 'const token = this.tokenOf(request.headers.authorization);',
  ...helper(body, 'header: string'),
})

describe('a guard that reads the token in a way of its own', () => {
  const same: [string, RecipeParts][] = [
    [
      'an index, where there is a header',
      helper(
        "const header = request.headers['authorization']; return header ? header.split(' ')[1] : undefined;",
      ),
    ],
    ['a slice, where it is not missing', ofHeader('return !header ? null : header.slice(7);')],
    ['`&&`', ofHeader("return header && header.replace('Bearer ', '');")],
    ['`||`', ofHeader("return header?.split(' ')[1] || null;")],
    [
      'the scheme first',
      ofHeader("if (header.startsWith('Bearer ')) return header.substring(7); return undefined;"),
    ],
    [
      'the scheme first, and a return of nothing',
      ofHeader("if (!header.startsWith('Bearer ')) { return; } return header.slice(7);"),
    ],
    [
      'the scheme in lower case',
      ofHeader(
        "const [type, token] = header.split(' '); return type.toLowerCase() === 'bearer' ? token : undefined;",
      ),
    ],
    [
      'the scheme and the token',
      ofHeader(
        "const [type, token] = header.split(' '); return type === 'Bearer' && token ? token : undefined;",
      ),
    ],
    [
      'a helper that refuses',
      ofHeader(
        "if (!header) { this.logger.warn('no header'); throw new UnauthorizedException(); } return header.slice(7);",
      ),
    ],
    [
      'no helper, an omitted element and a method of the request',
      { read: "const [, token] = request.header('Authorization').split(' ');" },
    ],
    [
      'two conditions',
      {
        read: "const [type, token] = request.get('authorization').split(' ');",
        refuse: "if (token === undefined || type !== 'Bearer') { throw new UnauthorizedException('who?'); }",
      },
    ],
    [
      'a variable that is set later',
      {
        ...ofHeader('return header.slice(7);'),
        verify:
          "let payload: any; try { payload = await this.jwtService.verifyAsync(token); } catch { return false; } request['user'] = payload;",
      },
    ],
  ]
  it.each(same)('%s: JwtGuard takes its place', async (_, parts) => {
    const { code, text } = await migrated(module, tokens, controller, recipe(parts))
    expect(code).toBe(0)
    expect(await text('src/guard.ts')).not.toContain('class LoggedIn')
    expect(await text('src/notes.controller.ts')).toContain('@UseGuards(JwtGuard)')
  })

  it('a guard that does not look at the scheme: the list names it', async () => {
    const guardOf = (body: string) => [module, tokens, controller, recipe(ofHeader(body))]
    const { printed } = await migrated(...guardOf('return header?.slice(7);'))
    expect(printed).toContain('`LoggedIn` took tokens without the scheme `Bearer` too')
    const asked = await migrated(...guardOf("return header.startsWith('Bearer ') ? header.slice(7) : null;"))
    expect(asked).toMatchObject({ code: 0, printed: expect.not.stringContaining('the scheme') })
  })

  /** With the former service again. */
  const formerly = (text: string) =>
    text
      .replace("TokenService } from '@nest-jwt-auth/core", "JwtService } from '@nestjs/jwt")
      .replace('tokenService: TokenService', 'jwtService: JwtService')
      .replace(
        '(await this.tokenService.verify(token)).claims as any',
        'await this.jwtService.verifyAsync(token)',
      )

  const other: [string, RecipeParts][] = [
    ['the whole header', { read: 'const token = request.headers.authorization;' }],
    ['the whole header, by a helper', ofHeader('return header;')],
    ['the whole header, without spaces around', ofHeader('return header?.trim();')],
    [
      'the whole header, after a look at its scheme',
      ofHeader("if (header.startsWith('Bearer ')) return header; return undefined;"),
    ],
    [
      'the whole header or a part of it',
      ofHeader("if (header.startsWith('Bearer ')) return header.slice(7); return header;"),
    ],
    ['the scheme', ofHeader("return header.split(' ')[0];")],
    ['the scheme, by a pattern', { read: "const [token] = request.headers.authorization.split(' ');" }],
    ['the first letters', { read: 'const [, token] = request.headers.authorization;' }],
    ['all parts', ofHeader("return header.split(' ');")],
    ['another header', { read: "const token = request.headers['x-token'];" }],
    ['a cookie', { read: 'const token = request.cookies.token;' }],
    ['a function of the module', { read: 'const token = tokenOf(request);' }],
    ['a helper that is missing', {}],
    [
      'a helper with two parameters',
      helper('return request.headers.authorization.slice(7);', 'request: any, other?: any'),
    ],
    ['a helper without parameters', helper("return 'token';", '')],
    [
      'a helper that takes the request apart',
      helper('return headers.authorization.slice(7);', '{ headers }: any'),
    ],
    [
      'a helper with a default',
      helper('return request.headers.authorization.slice(7);', 'request: any = {}'),
    ],
    [
      'a helper that is given something else',
      { ...helper('return request;'), read: 'const token = this.tokenOf(context);' },
    ],
    [
      'a helper that is given two',
      { ...helper('return request;'), read: 'const token = this.tokenOf(request, 1);' },
    ],
    [
      'an async helper',
      { members: 'private async tokenOf(request: any) { return request.headers.authorization.slice(7); }' },
    ],
    [
      'a helper of a helper',
      {
        members:
          'private tokenOf(request: any) { return this.other(request); } private other(request: any) { return request.headers.authorization.slice(7); }',
      },
    ],
    ['a helper with an `else`', ofHeader('if (header) return header.slice(7); else return undefined;')],
    ['a helper with a loop', ofHeader('while (false) {} return header.slice(7);')],
    [
      'a helper that does more',
      ofHeader('if (header) { touch(header); return header.slice(7); } return undefined;'),
    ],
    [
      'a helper that looks at the length',
      ofHeader('if (header.length > 9) return header.slice(7); return undefined;'),
    ],
    ['a helper that ends with a condition', ofHeader('if (header) return header.slice(7);')],
    [
      'a helper with another statement in the condition',
      ofHeader('if (header) console.log(header); return header.slice(7);'),
    ],
    [
      'a helper that answers missing tokens',
      ofHeader("if (!header) return 'guest'; return header.slice(7);"),
    ],
    ['a fixed token', ofHeader("return header ? 'fixed' : undefined;")],
    ['a default token', ofHeader("return header.slice(7) || 'guest';")],
    ['a default token in a condition', ofHeader("return header ? header.slice(7) : 'guest';")],
    ['a token where there is none', ofHeader("return !header ? 'guest' : header.slice(7);")],
    ['a condition on another thing', ofHeader('return name ? header.slice(7) : undefined;')],
    ['`&&` with another thing', ofHeader('return name && header.slice(7);')],
    ['a sum', ofHeader("return header.slice(7) + '.';")],
    ['another scheme', ofHeader("return header.startsWith('Token ') ? header.slice(6) : undefined;")],
    [
      'the scheme of another thing',
      ofHeader("return name.startsWith('Bearer ') ? header.slice(7) : undefined;"),
    ],
    [
      'the end instead of the scheme',
      ofHeader("return header.endsWith('Bearer ') ? header.slice(7) : undefined;"),
    ],
    ['a call as the condition', ofHeader('return ready() ? header.slice(7) : undefined;')],
    ['another separator', ofHeader("return header.split(',')[1];")],
    ['a third part', ofHeader("return header.split(' ')[2];")],
    ['an object pattern', { read: 'const { authorization: token } = request.headers.authorization;' }],
    [
      'a pattern with a default',
      { read: "const [type, token = 'guest'] = request.headers.authorization.split(' ');" },
    ],
    ['a pattern with a rest', { read: "const [type, ...token] = request.headers.authorization.split(' ');" }],
    [
      'a token that is not `!`',
      { ...ofHeader('return header.slice(7);'), refuse: 'if (+token) throw new UnauthorizedException();' },
    ],
    [
      'one condition of two',
      {
        ...ofHeader('return header.slice(7);'),
        refuse: 'if (!token || name) throw new UnauthorizedException();',
      },
    ],
    [
      'a comparison',
      {
        ...ofHeader('return header.slice(7);'),
        refuse: "if (token > 'a') throw new UnauthorizedException();",
      },
    ],
    ['another error', { ...ofHeader('return header.slice(7);'), refuse: 'if (!token) throw new Error();' }],
    [
      'a refusal with an else',
      { ...ofHeader('return header.slice(7);'), refuse: 'if (!token) return false; else name;' },
    ],
    [
      'a condition that reads a call',
      { ...ofHeader('return header.slice(7);'), refuse: 'if (ready()) return false;' },
    ],
    [
      'a computed property',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'request[keyOf()] = await this.jwtService.verifyAsync(token);',
      },
    ],
    [
      'a property of another thing',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'context.user = await this.jwtService.verifyAsync(token);',
      },
    ],
    [
      'two properties',
      {
        ...ofHeader('return header.slice(7);'),
        verify:
          'const user = await this.jwtService.verifyAsync(token); request.user = user; request.who = user;',
      },
    ],
    [
      'a part of the payload',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'const user = await this.jwtService.verifyAsync(token); request.user = user.sub;',
      },
    ],
    [
      'a pattern for the payload',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'const { sub } = await this.jwtService.verifyAsync(token); request.user = sub;',
      },
    ],
    [
      'a verification that is not awaited',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'request.user = this.jwtService.verifyAsync(token);',
      },
    ],
    [
      'a variable that was set',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'let user: any = 1; user = await this.jwtService.verifyAsync(token); request.user = user;',
      },
    ],
    [
      'another operator',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'request.user ??= await this.jwtService.verifyAsync(token);',
      },
    ],
    [
      'a `finally`',
      {
        ...ofHeader('return header.slice(7);'),
        verify:
          'try { request.user = await this.jwtService.verifyAsync(token); } catch { return false; } finally { name; }',
      },
    ],
    [
      'a catch that lets pass',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'try { request.user = await this.jwtService.verifyAsync(token); } catch { return true; }',
      },
    ],
    [
      'an empty catch',
      {
        ...ofHeader('return header.slice(7);'),
        verify: 'try { request.user = await this.jwtService.verifyAsync(token); } catch {}',
      },
    ],
    [
      'another answer',
      { ...ofHeader('return header.slice(7);'), end: "return request.user.role === 'admin';" },
    ],
    ['no answer', { ...ofHeader('return header.slice(7);'), end: '' }],
    ['more after the answer', { ...ofHeader('return header.slice(7);'), end: 'return true; name;' }],
    [
      'a log that may throw',
      {
        ...ofHeader('return header.slice(7);'),
        end: 'this.logger.log(request.user.team.name); return true;',
      },
    ],
    [
      'a log of another class',
      { ...ofHeader('return header.slice(7);'), end: 'this.other.log(1); return true;' },
    ],
    [
      'a static method',
      { members: `${ofHeader('return header.slice(7);').members} static make() {}`, read: ofHeader('').read },
    ],
    [
      'a static field',
      {
        members: `${ofHeader('return header.slice(7);').members} static readonly all = 1;`,
        read: ofHeader('').read,
      },
    ],
    [
      'an accessor',
      {
        members: `${ofHeader('return header.slice(7);').members} get all() { return 1; }`,
        read: ofHeader('').read,
      },
    ],
    [
      'a field that is not known',
      {
        members: `${ofHeader('return header.slice(7);').members} private all = [1];`,
        read: ofHeader('').read,
      },
    ],
  ]
  it.each(other)('%s: the guard stays, with the service of this module', async (_, parts) => {
    const guard = recipe(parts)
    const { printed, text } = await migrated(module, tokens, controller, guard)
    expect(formerly(await text('src/guard.ts'))).toBe(guard[1])
    expect(await text('src/notes.controller.ts')).toBe(controller[1])
    expect(printed).toContain('src/guard.ts:')
  })
})

describe('payloads and calls', () => {
  const cases: [string, string, string][] = [
    [
      'a quoted member',
      "sign(id: string) { return this.jwtService.signAsync({ 'sub': id }); }",
      '.issueAccessToken(id)',
    ],
    [
      'a shorthand member',
      'sign(sub: string) { return this.jwtService.signAsync({ sub }); }',
      '.issueAccessToken(sub)',
    ],
    ['a number', 'sign(id: number) { return this.jwtService.signAsync({ sub: id }); }', '.issueAccessToken('],
    [
      'a literal',
      "sign() { return this.jwtService.signAsync({ sub: 'system' }); }",
      ".issueAccessToken('system')",
    ],
    [
      'string or nothing',
      'sign(id: string | null) { return this.jwtService.signAsync({ sub: id }); }',
      '.issueAccessToken(String(id))',
    ],
    [
      'string or number',
      'sign(id: string | number) { return this.jwtService.signAsync({ sub: id }); }',
      '.issueAccessToken(String(id))',
    ],
    [
      'any',
      'sign(user: any) { return this.jwtService.signAsync({ sub: user.id }); }',
      '.issueAccessToken(user.id)',
    ],
    [
      'a spread of what is known',
      'sign(id: string, more: { team: string }) { return this.jwtService.signAsync({ ...more, sub: id }); }',
      '.issueAccessToken(id, { claims: { ...more } })',
    ],
    [
      'a variable that is used twice',
      'async sign(id: string) { const payload = { sub: id }; return [payload, await this.jwtService.signAsync(payload)]; }',
      'const payload = { sub: id };',
    ],
    [
      'a variable that is signed twice',
      "async sign(id: string) { const payload = { sub: id }; const refresh = await this.jwtService.signAsync(payload, { expiresIn: '7d' }); if (refresh) return this.jwtService.signAsync(payload); }",
      'if (refresh) return this.tokenService.issueAccessToken(id);',
    ],
    [
      'a parameter with an id',
      'sign(user: { id: string }) { return this.jwtService.signAsync(user); }',
      '.issueAccessToken(user.id, { claims: { ...user } })',
    ],
    [
      'a parameter with a subject',
      'sign(payload: Payload) { return this.jwtService.signAsync(payload); }',
      'const { sub, ...claims } = payload;',
    ],
  ]
  it.each(cases)('%s', async (_, body, expected) => {
    const { code, text } = await migrated(
      module,
      tokensOf(body, 'interface Payload { sub: string; team: string }'),
    )
    expect(code).toBe(0)
    expect(await text('src/tokens.ts')).toContain(expected)
  })

  const left: [string, string, string?][] = [
    [
      'a spread of anything',
      'sign(id: string, more: any) { return this.jwtService.signAsync({ ...more, sub: id }); }',
    ],
    [
      'a spread with `exp`',
      'sign(id: string, more: { exp: number }) { return this.jwtService.signAsync({ ...more, sub: id }); }',
    ],
    [
      'a call',
      'sign() { return this.jwtService.signAsync(this.payload()); } payload() { return { sub: "a" }; }',
    ],
    [
      'a quoted claim that the library sets',
      "sign(id: string) { return this.jwtService.signAsync({ sub: id, 'exp': 1 }); }",
    ],
    ['a computed claim', "sign(id: string) { return this.jwtService.signAsync({ sub: id, ['exp']: 1 }); }"],
    ['a text', "sign() { return this.jwtService.signAsync('text'); }"],
    ['no argument', 'sign() { return this.jwtService.signAsync(); }'],
    [
      'two variables in one statement',
      'sign(id: string) { const payload = { sub: id }, other = 1; return this.jwtService.signAsync(payload); }',
    ],
    [
      'a variable with a call, used twice',
      'async sign(id: string) { const payload = { sub: id, at: now() }; return [payload, await this.jwtService.signAsync(payload)]; }',
    ],
    ['an optional subject', 'sign(payload: { sub?: string }) { return this.jwtService.signAsync(payload); }'],
    [
      '`sub` is another thing there',
      'sign(payload: { sub: string }) { const sub = 1; return this.jwtService.signAsync(payload); }',
    ],
    ['an arrow function', 'sign = (payload: { sub: string }) => this.jwtService.signAsync(payload);'],
    [
      'options in a variable',
      "sign(id: string) { const options = { expiresIn: '1h' }; return this.jwtService.signAsync({ sub: id }, options); }",
    ],
    [
      'an option that is not known',
      "sign(id: string) { return this.jwtService.signAsync({ sub: id }, { audience: 'a' }); }",
    ],
    [
      'a spread of options',
      'sign(id: string, more: any) { return this.jwtService.signAsync({ sub: id }, { ...more }); }',
    ],
    [
      'a check of its own',
      "read(token: string) { return this.jwtService.verifyAsync(token, { audience: 'a' }); }",
    ],
    ['a promise that is handed on', 'read(token: string) { return this.jwtService.verifyAsync(token); }'],
    [
      'a static caller',
      'sign(id: string) { return this.jwtService.sign({ sub: id }); } static all(one: Tokens) { return one.sign("a"); }',
    ],
    [
      'a method that is handed on',
      'sign(id: string) { return this.jwtService.sign({ sub: id }); } all(ids: any) { return ids.map(this.sign); }',
    ],
    ['a field', 'first = this.jwtService.sign({ sub: "a" });'],
    [
      'a claim that is added later',
      'sign(user: { id: string; isSuspended: boolean }) { const payload: Record<string, unknown> = { sub: user.id }; if (user.isSuspended) payload.limited = true; return this.jwtService.signAsync(payload); }',
    ],
    [
      'a claim that is removed later',
      'sign(id: string) { const payload: any = { sub: id, admin: true }; delete payload.admin; return this.jwtService.signAsync(payload); }',
    ],
    [
      'a counter',
      'sign(id: string, n: number) { const payload = { sub: id, n }; payload.n++; return this.jwtService.signAsync(payload); }',
    ],
    [
      'a variable that is set anew',
      "sign(id: string, target?: string) { let payload = { sub: id, scope: 'user' }; if (target) payload = { sub: target, scope: 'support' }; return this.jwtService.signAsync(payload); }",
    ],
    [
      'a payload that another function may change',
      'sign(id: string, more: object) { const payload = { sub: id }; Object.assign(payload, more); return this.jwtService.signAsync(payload); }',
    ],
    [
      'a payload of what a call may change',
      'async sign(user: { id: string; version: number }) { const payload = { sub: user.id, version: user.version }; await bump(user); return this.jwtService.signAsync(payload); }',
    ],
    [
      'a payload of what a call before it in the same statement may change',
      'sign(user: { id: string; version: number }) { const payload = { sub: user.id, version: user.version }; return [bump(user), this.jwtService.signAsync(payload)]; }',
    ],
    [
      'a payload that a loop changes',
      'async sign(user: any) { const payload = { sub: user.id, n: user.n }; for (;;) { await this.jwtService.signAsync(payload); user.n = 2; } }',
    ],
    [
      'a payload that is signed later',
      'sign(user: any) { const payload = { sub: user.id, n: user.n }; return () => this.jwtService.signAsync(payload); }',
    ],
  ]
  it.each(left)('%s: nothing is rewritten, and the list names the place', async (_, body) => {
    const source = tokensOf(body)
    const { code, printed, text } = await migrated(module, source)
    expect(code).toBe(1)
    expect(printed).toContain('src/tokens.ts:')
    expect(await text('src/tokens.ts')).toBe(source[1])
    expect(await text('src/app.module.ts')).toBe(module[1])
  })
})

describe('a JwtService from elsewhere', () => {
  it.each([
    ['made with `new`', "export const admin = new JwtService({ secret: 'x' });"],
    ['under another name', "export const provider = { provide: 'ADMIN_JWT', useExisting: JwtService };"],
    ['replaced', 'export const provider = { provide: JwtService, useValue: new Map() };'],
    [
      'injected under another name',
      "export class Admin { constructor(@Inject('ADMIN_JWT') private readonly jwt: JwtService) {} sign(id: string) { return this.jwt.signAsync({ sub: id }); } }",
    ],
  ])('%s: nothing is rewritten, and the list names the place', async (_, code) => {
    const source: Sources[number] = [
      'src/admin.ts',
      `import { Inject } from '@nestjs/common';\nimport { JwtService } from '@nestjs/jwt';\n${code}\n`,
    ]
    const result = await migrated(module, tokens, source)
    expect(result.code).toBe(1)
    expect(result.printed).toContain(
      '**src/admin.ts:3**: It is not certain what this `JwtService` signs or checks.',
    )
    for (const [path, text] of [module, tokens, source]) expect(await result.text(path)).toBe(text)
  })
})

describe('callers of a method that becomes async', () => {
  it('await it, in parentheses where a member is read, and say so in their types', async () => {
    const { code, text } = await migrated(
      module,
      tokensOf(`signToken(a: string): string { return this.jwtService.sign({ sub: a }); }
  len(a: string) { return this.signToken(a).length; }
  first(a: string): string { return this.signToken(a)[0]; }
  promised(a: string): Promise<string> { const token = this.signToken(a); return this.later(token); }
  later(token: any): any { return token; }`),
    )
    expect(code).toBe(0)
    const now = await text('src/tokens.ts')
    expect(now).toContain(
      'async signToken(a: string): Promise<string> { return await this.tokenService.issueAccessToken(a); }',
    )
    expect(now).toContain('async len(a: string) { return (await this.signToken(a)).length; }')
    expect(now).toContain('async first(a: string): Promise<string> { return (await this.signToken(a))[0]; }')
    expect(now).toContain(
      'async promised(a: string): Promise<string> { const token = await this.signToken(a);',
    )
  })
})

describe('former tokens', () => {
  const withoutLifetime = moduleOf('JwtModule.register({ secret: process.env.JWT_SECRET })')

  it('live as long as the calls say that sign them', async () => {
    const { code, printed, text } = await migrated(
      withoutLifetime,
      tokensOf("sign(id: string) { return this.jwtService.signAsync({ sub: id }, { expiresIn: '1h' }); }"),
    )
    expect(code).toBe(0)
    expect(await text('src/app.module.ts')).toContain('legacyTokens: {')
    expect(printed).not.toContain('never expire')
  })

  it('without `sub` are not accepted', async () => {
    const { code, printed, text } = await migrated(
      module,
      tokensOf('sign(user: { id: string }) { return this.jwtService.signAsync(user); }'),
    )
    expect(code).toBe(0)
    expect(await text('src/app.module.ts')).not.toContain('legacyTokens')
    expect(printed).toContain('Former access tokens have no `sub`')
  })
})

describe('options of the module, written oddly', () => {
  const cases: [string, string, string][] = [
    ['register without options', 'JwtModule.register()', 'The secret of access tokens was not found.'],
    ['a function that makes them', 'JwtModule.register(optionsOf())', 'src/app.module.ts:'],
    ['a factory that is named', 'JwtModule.registerAsync({ useFactory: optionsOf })', 'src/app.module.ts:'],
    ['a class that makes them', 'JwtModule.registerAsync({ useClass: Options })', 'src/app.module.ts:'],
    [
      'a factory with two answers',
      "JwtModule.registerAsync({ useFactory: () => { if (dev) return { secret: 'a' }; return { secret: 'b' } } })",
      'src/app.module.ts:',
    ],
    ['a factory without one', 'JwtModule.registerAsync({ useFactory: () => {} })', 'src/app.module.ts:'],
    [
      'a spread',
      'JwtModule.register({ ...defaults, secret: process.env.S })',
      'Not all of these options are written here.',
    ],
    [
      'a method',
      'JwtModule.register({ secret: process.env.S, secretOrKeyProvider() { return 1 } })',
      'src/app.module.ts:',
    ],
    [
      'a spread beside the factory',
      'JwtModule.registerAsync({ ...shared, useFactory: () => ({ secret: process.env.S }) })',
      'This option of `registerAsync` has no counterpart',
    ],
    [
      'providers beside the factory',
      'JwtModule.registerAsync({ extraProviders: [Keys], useFactory: () => ({ secret: process.env.S }) })',
      'This option of `registerAsync` has no counterpart',
    ],
    [
      'two issuers',
      "JwtModule.register({ secret: process.env.S, signOptions: { issuer: 'a' }, verifyOptions: { issuer: 'b' } })",
      'This differs from what other options',
    ],
    [
      'expired tokens',
      'JwtModule.register({ secret: process.env.S, verifyOptions: { ignoreExpiration: true } })',
      'Expired tokens are accepted here',
    ],
  ]
  it.each(cases)('%s: nothing is rewritten', async (_, imported, reason) => {
    const source = moduleOf(imported)
    const { code, printed, text } = await migrated(source, tokens)
    expect(code).toBe(1)
    expect(printed).toContain(reason)
    expect(await text('src/app.module.ts')).toBe(source[1])
    expect(await text('src/tokens.ts')).toBe(tokens[1])
  })

  const carried: [string, string, string[]][] = [
    [
      'a factory that is a function',
      "JwtModule.registerAsync({ useFactory: function () { return { 'secret': process.env['S'], \"signOptions\": { expiresIn: '1h' } } } })",
      ["secret: process.env['S']", "accessToken: { expiresIn: '1h' }"],
    ],
    [
      'shorthand members',
      'JwtModule.registerAsync({ global: true, imports, inject, useFactory: (config) => ({ secret: config.get("S") }) })',
      ['forRootAsync({\n  imports,\n  inject,\n  useFactory: (config) =>'],
    ],
    [
      'everything that has a counterpart',
      "JwtModule.register({ global: true, secret: process.env.S, signOptions: { expiresIn: '1h', notBefore: '5s', issuer: 'a', audience: ['b'], algorithm: 'HS512' }, verifyOptions: { algorithms: ['HS512'], clockTolerance: 5 } })",
      [
        "keys: [{ algorithm: 'HS512', secret: ",
        "issuer: 'a'",
        "audience: ['b']",
        "notBefore: '5s'",
        'clockTolerance: 5',
      ],
    ],
    [
      'a key pair',
      "JwtModule.register({ privateKey: process.env.PRIVATE, publicKey: process.env.PUBLIC, signOptions: { expiresIn: '1h' } })",
      ["keys: [{ algorithm: 'RS256', privateKey: ", 'publicKey: process.env.PUBLIC'],
    ],
    [
      'a key of several lines',
      'JwtModule.registerAsync({\n      useFactory: () => ({\n        privateKey: process.env.K,\n        publicKey: `-----BEGIN\n        MIIB\nend`,\n        signOptions: { expiresIn: "1h" },\n      }),\n    })',
      ['\n      publicKey: `-----BEGIN\n        MIIB\nend`,'],
    ],
    [
      'a private key alone',
      "JwtModule.register({ privateKey: process.env.PRIVATE, signOptions: { expiresIn: '1h', algorithm: 'ES256' } })",
      ["keys: [{ algorithm: 'ES256', privateKey: "],
    ],
  ]
  it.each(carried)('%s: it is carried over', async (_, imported, expected) => {
    const { code, text } = await migrated(moduleOf(imported), tokens)
    expect(code).toBe(0)
    for (const part of expected) expect(await text('src/app.module.ts')).toContain(part)
  })
})

describe('an app with double quotes', () => {
  const doubled = (imported: string): Sources[number] => {
    const [path, text] = moduleOf('imported')
    return [path, text.replaceAll("'", '"').replace('imported', imported)]
  }

  it('keeps its own text, and gets new strings in its style', async () => {
    const factory = `JwtModule.registerAsync({
      useFactory: () => {
        const secret = process.env.JWT_SECRET;
        if (!secret) throw new Error("JWT_SECRET isn't set"); // it's needed
        return { secret, signOptions: { expiresIn: "2 days", issuer: "ada's shop", algorithm: "HS512" } };
      },
    })`
    const { code, text } = await migrated(doubled(factory), tokens)
    expect(code).toBe(0)
    const now = await text('src/app.module.ts')
    expect(now).toContain('throw new Error("JWT_SECRET isn\'t set"); // it\'s needed')
    expect(now).toContain('issuer: "ada\'s shop"')
    expect(now).toContain('keys: [{ algorithm: "HS512", secret: process.env.NEST_JWT_AUTH_SECRET ?? "" }]')
    expect(now).toContain('accessToken: { expiresIn: "2d" }')
    expect(now).toMatch(/until: "[\d-]+"/)
    expect(now.replaceAll(/isn't|it's|ada's/g, '')).not.toContain("'")
  })

  it('gets the places of the token in its style', async () => {
    const strategy = `import { PassportStrategy } from "@nestjs/passport";
import { ExtractJwt, Strategy } from "passport-jwt";
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ secretOrKey: process.env.S, jwtFromRequest: ExtractJwt.fromExtractors([ExtractJwt.fromAuthHeaderAsBearerToken(), ExtractJwt.fromAuthHeaderWithScheme("it's")]) });
  }
  validate(payload: any) { return { id: payload.sub }; }
}
`
    const { code, text } = await migrated(doubled('JwtModule.register({ secret: process.env.S })'), tokens, [
      'src/strategy.ts',
      strategy,
    ])
    expect(code).toBe(0)
    const now = await text('src/app.module.ts')
    expect(now).toContain('locations: ["header", { header: "authorization", scheme: "it\'s" }]')
    expect(now).toContain('attachIdentityAs: "user"')
  })
})

describe('package.json', () => {
  const app = (manifest: string): Sources => [module, tokens, ['package.json', manifest]]

  it('without members gets the dependency', async () => {
    const { text } = await migrated(...app('{}'))
    expect(JSON.parse(await text('package.json'))).toEqual({
      dependencies: { '@nest-jwt-auth/core': expect.any(String) },
    })
  })

  it.each([
    ['a list on one line', '{\n  "name": "a",\n  "files": ["dist"],\n  "dependencies": { "@nestjs/jwt": "11" }\n}\n'],
    ['no dependencies', '{\n  "files": ["dist"]\n}\n'],
    ['lines of Windows', '{\r\n  "files": ["dist"],\r\n  "dependencies": { "@nestjs/jwt": "11" }\r\n}\r\n'],
    ['other packages for development', '{\n  "dependencies": {},\n  "devDependencies": { "jest": "30" }\n}'],
  ])('with %s keeps all other lines', async (_, manifest) => {
    const { text } = await migrated(...app(manifest))
    const now = await text('package.json')
    const line = manifest.includes('\r\n') ? '\r\n' : '\n'
    const written = `"dependencies": {${line}    "@nest-jwt-auth/core": "^`
    expect(now).toContain(written)
    expect(now.split(line).join('')).not.toMatch(/[\r\n]/)
    const kept = manifest.split(line).filter((one) => !one.includes('"dependencies"'))
    const lines = now.split(line).map((one) => one.replace(/(?<=\]),$/, ''))
    for (const one of kept) expect(lines).toContain(one.replace(/(?<=\]),$/, ''))
  }) // prettier-ignore

  it('keeps its indent, its other dependencies and a version that is there', async () => {
    const { text } = await migrated(
      ...app(
        '{\n\t"dependencies": { "zod": "4", "@nestjs/jwt": "11", "@nest-jwt-auth/core": "^0.0.1", "ajv": "8" },\n\t"devDependencies": { "@types/passport-jwt": "4", "jest": "30" }\n}',
      ),
    )
    const manifest = await text('package.json')
    expect(manifest).toMatch(/^\{\n\t"dependencies".*\}$/s)
    expect(JSON.parse(manifest)).toEqual({
      dependencies: { '@nest-jwt-auth/core': '^0.0.1', ajv: '8', zod: '4' },
      devDependencies: { jest: '30' },
    })
  })
})

describe('strategies of passport-jwt', () => {
  const strategy = (
    validate: string,
    extractor = 'ExtractJwt.fromAuthHeaderAsBearerToken()',
    built = '',
  ): Sources[number] => [
    'src/strategy.ts',
    `import { Injectable, UnauthorizedException } from '@nestjs/common';
import { PassportStrategy } from '@nestjs/passport';
import { ExtractJwt, Strategy } from 'passport-jwt';

@Injectable()
export class JwtStrategy extends PassportStrategy(Strategy) {
  constructor() {
    super({ jwtFromRequest: ${extractor}, secretOrKey: process.env.JWT_SECRET });
    ${built}
  }

  ${validate}
}
`,
  ]
  const validate = 'async validate(payload: any) { return { id: payload.sub }; }'

  it.each([
    ["ExtractJwt.fromAuthHeaderWithScheme('JWT')", "[{ header: 'authorization', scheme: 'JWT' }]"],
    ["ExtractJwt.fromHeader('x-token')", "[{ header: 'x-token', scheme: null }]"],
    ["ExtractJwt.fromUrlQueryParameter('t')", "[{ query: 't' }]"],
    [
      "ExtractJwt.fromExtractors([ExtractJwt.fromAuthHeaderAsBearerToken(), ExtractJwt.fromBodyField('t')])",
      "['header', { body: 't' }]",
    ],
  ])('%s', async (extractor, locations) => {
    const { text } = await migrated(module, tokens, strategy(validate, extractor))
    expect(await text('src/app.module.ts')).toContain(`locations: ${locations}`)
    expect(await text('src/strategy.ts')).toContain('loadIdentity(claims: JwtClaims)')
  })

  it.each([
    ['a function', validate, '(request) => request.cookies.t'],
    ['a call of its own', validate, 'fromCookie()'],
    ['a method of another thing', validate, 'Extract.fromHeader("a")'],
    ['extractors in a variable', validate, 'ExtractJwt.fromExtractors(extractors)'],
    ['an extractor that is not known', validate, 'ExtractJwt.fromSession()'],
    ['one of its own among others', validate, 'ExtractJwt.fromExtractors([(request) => request.cookies.t])'],
    ['no validate', '', undefined],
    ['the request too', 'validate(request: any, payload: any) { return payload; }', undefined],
    ['no payload', 'validate() { return {}; }', undefined],
  ])('%s: nothing is rewritten', async (_, method, extractor) => {
    const source = strategy(method, extractor)
    const { code, printed, text } = await migrated(module, tokens, source)
    expect(code).toBe(1)
    expect(printed).toContain('src/strategy.ts:')
    expect(await text('src/strategy.ts')).toBe(source[1])
  })

  it.each([
    [
      'a type',
      'validate(payload: { sub: string }) { return payload; }',
      'const payload = claims as unknown as { sub: string }',
    ],
    ['a pattern', 'validate({ sub }: any) { return { id: sub }; }', 'const { sub } = claims as any'],
    ['no type', 'validate(claims) { return { id: claims.sub }; }', 'const claims: any = given'],
    [
      'lines',
      'validate(payload: any) {\n    return { id: payload.sub };\n  }',
      '\n    const payload: any = claims;\n    return',
    ],
    [
      'a return type',
      'validate(payload: any): User { if (!payload.sub) throw new UnauthorizedException(); return payload; }',
      ': User | null {',
    ],
    [
      'a promise',
      'async validate(payload: any): Promise<User> { if (!payload.sub) throw new UnauthorizedException(); return payload; }',
      ': Promise<User | null> {',
    ],
  ])('%s of the payload', async (_, method, expected) => {
    const { code, text } = await migrated(module, tokens, strategy(method))
    expect(code).toBe(0)
    expect(await text('src/strategy.ts')).toContain(expected)
  })

  describe('with an audience of its own', () => {
    const signing = moduleOf(
      'JwtModule.registerAsync({ inject: [ConfigService], useFactory: (config: ConfigService) => ({ secret: config.get("JWT_SECRET") }) })',
    )
    const verifying = (parameter: string, audience: string, more: string): Sources[number] => {
      const [path, text] = strategy(validate)
      const changed = text
        .replace('constructor()', `constructor(${parameter})`)
        .replace('process.env.JWT_SECRET', `process.env.JWT_SECRET, audience: ${audience}`)
        .replace('@Injectable', `${more}\n@Injectable`)
      return [path, changed]
    }

    it.each([
      ['of the same service', 'config: ConfigService', "config.get('AUDIENCE')", ''],
      ['that is imported', '', 'AUDIENCE', "import { AUDIENCE } from './audience';"],
    ])('%s: it is carried over', async (_, parameter, audience, more) => {
      const exported: Sources[number] = ['src/audience.ts', 'export const AUDIENCE: string = make();\n']
      const source = verifying(parameter, audience, more)
      const service: Sources[number] = [
        'src/config.d.ts',
        'declare class ConfigService { get(name: string): string }\n',
      ]
      const { code, text } = await migrated(signing, tokens, source, exported, service)
      expect(code).toBe(0)
      expect(await text('src/app.module.ts')).toContain(`audience: ${audience},`)
      expect(await text('src/app.module.ts')).toContain(more)
    })

    it.each([
      ['of a service of another name', 'settings: ConfigService', "settings.get('AUDIENCE')", ''],
      ['of another service', 'config: Keys', "config.get('AUDIENCE')", ''],
      ['that is known there only', '', 'AUDIENCE', 'const AUDIENCE: string = make();'],
    ])('%s: nothing is rewritten', async (_, parameter, audience, more) => {
      const sources: Sources = [signing, tokens, verifying(parameter, audience, more)]
      const { code, printed, text } = await migrated(...sources)
      expect(code).toBe(1)
      expect(printed).toMatch(/\*\*src\/strategy\.ts:\d+\*\*: This setting is known in its own file only/)
      for (const [path, before] of sources) expect(await text(path)).toBe(before)
    })
  })

  it.each([
    ['@Inject(settings.KEY) private readonly given: ConfigType<typeof settings>', 'inject: [settings.KEY]'],
    ["@Inject('SETTINGS') private readonly given: any", "inject: ['SETTINGS']"],
    ['private readonly given: Settings', 'inject: [Settings]'],
  ])('with a setting of %s: it is injected in the module', async (parameter, injects) => {
    const [path, text] = strategy(validate)
    const source: Sources[number] = [
      path,
      text
        .replace('constructor()', `constructor(${parameter})`)
        .replace('process.env.JWT_SECRET', "given.secret, algorithms: ['HS256'], audience: given.audience")
        .replace('import { Injectable', "import { ConfigType } from '@nestjs/config';\nimport { Settings, settings } from './settings';\nimport { Inject, Injectable"),
    ] // prettier-ignore
    const { code, text: now } = await migrated(moduleOf('JwtModule.register({})'), tokens, source, [
      'src/settings.ts',
      'export class Settings {}\nexport const settings: any = 1;\n',
    ])
    expect(code).toBe(0)
    expect(await now('src/app.module.ts')).toContain(injects)
    expect(await now('src/app.module.ts')).toContain('audience: given.audience,')
  })

  it.each([
    ['fromHeader(NAME)', "[{ header: 'x-token', scheme: null }]"],
    ['fromBodyField(OTHER)', undefined],
    ['fromUrlQueryParameter()', undefined],
  ])('ExtractJwt.%s, by a constant of the file', async (extractor, locations) => {
    const [path, text] = strategy(validate, `ExtractJwt.${extractor}`)
    const source: Sources[number] = [
      path,
      text.replace('@Injectable', "const NAME = 'x-token';\n\n@Injectable"),
    ]
    const { code, text: now } = await migrated(module, tokens, source)
    expect(code).toBe(locations === undefined ? 1 : 0)
    if (locations === undefined) expect(await now(path)).toBe(source[1])
    else expect(await now('src/app.module.ts')).toContain(`locations: ${locations}`)
  })

  it('that other code calls: the list has what the compiler says now, and not what it said before', async () => {
    const core = 'node_modules/@nest-jwt-auth/core'
    const caller = `import { JwtStrategy } from './strategy';
export const wrong: number = 'text';
export const load = (one: JwtStrategy) => one.validate({ sub: 'a' });
`
    const { code, printed } = await migrated(
      module,
      tokens,
      strategy(validate),
      ['src/caller.ts', caller],
      [`${core}/package.json`, '{ "name": "@nest-jwt-auth/core", "types": "index.d.ts" }'],
      [
        `${core}/index.d.ts`,
        'export interface IdentityLoader {}\nexport type JwtClaims = object;\nexport declare const JwtAuthModule: any;\nexport declare class TokenService { issueAccessToken(id: string): string }\n',
      ],
    )
    expect(code).toBe(0)
    expect(printed.match(/.*The compiler says:.*/g)).toEqual([
      "- [ ] **src/caller.ts:3**: The compiler says: Property 'validate' does not exist on type 'JwtStrategy'. Correct it.",
    ])
  })

  it('two of them, of which neither is for refresh tokens: nothing is rewritten', async () => {
    const [, text] = strategy(validate)
    const admin = text.replace('JwtStrategy', 'AdminStrategy').replace('(Strategy)', "(Strategy, 'admin')")
    const sources: Sources = [strategy(validate), ['src/admin.strategy.ts', admin]]
    const { code, printed, text: now } = await migrated(module, tokens, ...sources)
    expect(code).toBe(1)
    expect(printed).toContain(
      '**src/admin.strategy.ts:5**, **src/strategy.ts:5**: There are several strategies of passport-jwt',
    )
    for (const [path, before] of sources) expect(await now(path)).toBe(before)
  })

  it.each(['issuer,', 'issuer: issuer,'])('a setting that only its own file knows, as %s', async (member) => {
    const [path, text] = strategy(validate)
    const source: Sources[number] = [
      path,
      text
        .replace('@Injectable', "const issuer = 'x';\n\n@Injectable")
        .replace('super({', `super({ ${member}`),
    ]
    const { code, printed, text: now } = await migrated(module, tokens, source)
    expect(code).toBe(1)
    expect(printed).toContain('This setting is known in its own file only. Export it')
    expect(await now(path)).toBe(source[1])
    const exported: Sources[number] = [path, source[1].replace('const issuer', 'export const issuer')]
    expect(await migrated(module, tokens, exported)).toMatchObject({ code: 0 })
    expect(await now('src/app.module.ts')).toMatch(/import \{.*\bissuer\b.*\} from '\.\/strategy'/)
  })

  it('a constructor that does more: nothing is rewritten', async () => {
    const source = strategy(validate, undefined, "console.log('ready');")
    const { code, printed, text } = await migrated(module, tokens, source)
    expect(code).toBe(1)
    expect(printed).toContain('src/strategy.ts:')
    expect(await text('src/strategy.ts')).toBe(source[1])
  })
})
