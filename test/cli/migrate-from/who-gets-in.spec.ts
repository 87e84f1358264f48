import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sources } from '../../docs/code-blocks.js'
import { appOf, type Case, filesOf, marks, recipe, routes, toCases } from './guarded-app.js'
import { guard, otherReads, otherReasons } from './kept-guards.js'
import { anyKeys, oneKeys } from './kept-marks.js'
import { otherUses, use } from './kept-uses.js'
import { type CommandResult, migrate, read, writeSources } from './project.js'

let app: string
let outside: string

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-migrate-')))
})

afterAll(() => rm(outside, { recursive: true, force: true }))

/** Migrates an app with these cases. */
async function migrated(...cases: Sources[]) {
  app = await mkdtemp(join(outside, 'app-'))
  await writeSources(app, appOf(cases))
  return migrate(app, 'nestjs-jwt', '--force')
}

/** In each case the guard stays as it is, but for what verifies, and so do the marks. The list names the place. */
function keeps(cases: readonly Case[]) {
  const all = cases.map(({ files }) => files)
  let result: CommandResult
  let folder: string

  beforeAll(async () => {
    result = await migrated(...all)
    folder = app
  })

  it.each(cases.map((one, index) => ({ ...one, index })))('$name', async ({ place, index }) => {
    expect(result.code).toBe(0)
    expect(result.printed).not.toContain('another guard of access tokens')
    expect(result.printed).toMatch(
      new RegExp(`\\*\\*src/case${index}/${place}:\\d+\\*\\*.*: .*\`AuthGuard\` stays as it is`),
    )
    for (const [path, text] of filesOf(all, index))
      expect(lines(await read(folder, path))).toEqual(lines(text))
  })
}

/** The code without what changes where a guard asks `TokenService`. */
const lines = (code = '') =>
  code
    .replaceAll(/(JwtS|TokenS|jwtS|tokenS)ervice/g, 'x')
    .replaceAll('await this.x.verifyAsync(token)', '(await this.x.verify(token)).claims as any')
    .split('\n')
    .filter((line) => !line.startsWith('import '))

it('the guard of the documentation is replaced, and its mark', async () => {
  expect(await migrated([])).toMatchObject({ code: 0 })
  expect(await read(app, 'src/case0/auth.guard.ts')).toBeUndefined()
  expect(await read(app, 'src/case0/open.ts')).toBeUndefined()
  expect(await read(app, 'src/case0/module.ts')).toContain('{ provide: APP_GUARD, useExisting: JwtGuard }')
  expect(await read(app, 'src/case0/routes.ts')).toContain("@Public() @Get('a') a()")
})

describe('a guard is not replaced if it, or what it reads, does more than JwtGuard:', () => {
  keeps([
    ...otherReasons,
    ...otherReads,
    ...toCases(oneKeys.map(([name, files]) => [name, files, '\\S+'])),
    ...otherUses,
  ])

  describe.each(anyKeys)('%s', (name, files) => {
    keeps([{ name, files, place: '\\S+' }])
  })
})

describe('a guard is replaced', () => {
  const handlerOnly = guard({ mark: 'this.reflector.get<boolean>(OPEN, context.getHandler())' })

  it('of the handler only, and only handlers carry the mark: it is replaced', async () => {
    expect(await migrated([handlerOnly])).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/auth.guard.ts')).toBeUndefined()
    expect(await read(app, 'src/case0/routes.ts')).toContain("@Public() @Get('a') a()")
  })

  it('a condition without another value keeps its condition', async () => {
    const both = 'export const Open = (on = true) => (on ? SetMetadata(OPEN, true) : () => undefined);'
    expect(await migrated([['src/open.ts', marks(both)]])).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/open.ts')).toContain('(on = true) => (on ? Public() : () => undefined)')
    expect(await read(app, 'src/case0/routes.ts')).toBe(routes('@Open()'))
  })
})

describe('a decorator with the mark that does more keeps the rest', () => {
  it.each([
    [
      'a guard',
      'export const Open = () => applyDecorators(SetMetadata(OPEN, true), UseGuards(KeyGuard));',
      'SetMetadata, applyDecorators, UseGuards',
    ],
    [
      'a guard, as a function',
      'export function Open(name?: string) {\n  return applyDecorators(UseGuards(KeyGuard), SetMetadata(OPEN, true));\n}',
      'SetMetadata, applyDecorators, UseGuards',
    ],
  ])('%s', async (_, code, imports) => {
    const open = marks(`class KeyGuard {}\n${code}`, imports)
    expect(await migrated([['src/open.ts', open]])).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/open.ts')).toContain(
      code.replace('SetMetadata(OPEN, true)', 'Public()'),
    )
    expect(await read(app, 'src/case0/routes.ts')).toBe(routes('@Open()'))
    expect(await read(app, 'src/case0/auth.guard.ts')).toBeUndefined()
  })

  it.each([
    'function Open() {\n  return SetMetadata(OPEN, true);\n}',
    'const Open = () => {\n  return SetMetadata(OPEN, true);\n}',
  ])('one that does not, goes: %s', async (code) => {
    expect(await migrated([['src/open.ts', marks(`export ${code}`)]])).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/open.ts')).toBeUndefined()
    expect(await read(app, 'src/case0/routes.ts')).toContain("@Public() @Get('a') a()")
  })

  it('one that is no function stays a decorator', async () => {
    const sources: Sources = [
      ['src/open.ts', marks('export const Open = SetMetadata(OPEN, true);')],
      ['src/routes.ts', routes('@Open')],
    ]
    expect(await migrated(sources)).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/open.ts')).toContain('export const Open = Public();')
    expect(await read(app, 'src/case0/routes.ts')).toBe(routes('@Open'))
  })

  it('a mark beside another Public gets our own under another name', async () => {
    const more = "import { Public } from './documentation';"
    expect(await migrated([['src/routes.ts', routes('@Open() @Public()', { more })]])).toMatchObject({
      code: 0,
    })
    const now = await read(app, 'src/case0/routes.ts')
    expect(now).toContain("@CorePublic() @Public() @Get('a')")
    expect(now).toContain("import { Public as CorePublic } from '@nest-jwt-auth/core';")
  })
})

describe('subclasses', () => {
  it('a subclass that changes nothing is a subclass of JwtGuard', async () => {
    expect(await migrated(use('export class Same extends AuthGuard {}'))).toMatchObject({ code: 0 })
    expect(await read(app, 'src/case0/auth.guard.ts')).toContain('export class AuthGuard extends JwtGuard {}')
  })
})

it('a guard without marks beside one with marks: the one with marks stays', async () => {
  const strict = recipe({ mark: 'false' })
    .replace('class AuthGuard', 'class StrictGuard')
    .replace(/ *const isOpen[^}]*}/, '')
  const bound = routes('@Open() @UseGuards(StrictGuard)', {
    more: "import { StrictGuard } from './strict.guard';",
  })
  const { code, printed } = await migrated([
    ['src/strict.guard.ts', strict],
    ['src/routes.ts', bound],
  ])
  expect({ code, printed }).toMatchObject({
    code: 0,
    printed: expect.stringContaining('another guard of access tokens does not'),
  })
  expect(await read(app, 'src/case0/routes.ts')).toContain("@Open() @UseGuards(JwtGuard) @Get('a')")
  expect(await read(app, 'src/case0/strict.guard.ts')).toBeUndefined()
  expect(await read(app, 'src/case0/auth.guard.ts')).toContain('class AuthGuard implements CanActivate')
})

it('several keys: nothing is rewritten until each call says which', async () => {
  const admin = `import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
@Module({ imports: [JwtModule.register({ secret: process.env.ADMIN_SECRET })] })
export class AdminModule {}
`
  const { code, printed } = await migrated([['src/admin.module.ts', admin]])
  expect(code).toBe(1)
  expect(printed).toMatch(/src\/case0\/auth\.guard\.ts:\d+\*\*: `JwtModule` is set up in several ways/)
  expect(await read(app, 'src/case0/auth.guard.ts')).toBe(recipe())
})
