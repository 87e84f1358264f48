import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Sources } from '../../docs/code-blocks.js'
import { appOf, recipe } from './guarded-app.js'
import { migrate, read, writeSources } from './project.js'

let outside: string

beforeAll(async () => {
  outside = await realpath(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-migrate-')))
})

afterAll(() => rm(outside, { recursive: true, force: true }))

const guardOf = (name: string, text = recipe()): Sources[number] => [
  `src/${name}/auth.guard.ts`,
  text.replace('./open', '../case0/open'),
]

/** A module with a key of its own, and with the usual guard. */
const moduleOf = (name: string, options: string, head = ''): Sources => [
  guardOf(name),
  [
    `src/${name}/${name}.module.ts`,
    `import { Controller, Get, Module, UseGuards } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';
import { AuthGuard } from './auth.guard';
${head}
@Controller() @UseGuards(AuthGuard) class Routes { @Get('${name}') get() { return '${name}'; } }
@Module({ imports: [JwtModule.${options}], controllers: [Routes] })
export class ${name}Module {}
`,
  ],
]

const usual = 'register({ secret: process.env.JWT_SECRET })'
const constants = "import { jwtConstants } from './constants';"
const apps: [string, Sources][] = [
  ['constants of one name', [
    ...moduleOf('users', 'register({ secret })', 'const secret = process.env.USERS;'),
    ...moduleOf('admin', 'register({ secret })', 'const secret = process.env.ADMIN;'),
  ]],
  ['constants of one name, each in its file', ['users', 'admin'].flatMap((name): Sources =>
    moduleOf(name, 'register({ secret: jwtConstants.secret })', constants).concat([
      [`src/${name}/constants.ts`, `export const jwtConstants = { secret: process.env.${name.toUpperCase()} };\n`],
    ]),
  )],
  ['parameters of one name', ['users', 'admin'].flatMap((name): Sources =>
    moduleOf(
      name,
      `registerAsync({ inject: [${name}Config], useFactory: (config: ${name}Config) => ({ secret: config.secret }) })`,
      `class ${name}Config { secret = ''; }`,
    ),
  )],
  ['parameters of one name and type', ['users', 'admin'].flatMap((name): Sources =>
    moduleOf(
      name,
      `registerAsync({ inject: ['${name}'], useFactory: (config: { secret: string }) => ({ secret: config.secret }) })`,
    ),
  )],
  ['a key in a spread', moduleOf('admin', 'register({ ...admin })', 'const admin = { secret: process.env.ADMIN };')],
  ['a provider of keys', moduleOf('admin', 'register({ secretOrKeyProvider: () => process.env.ADMIN })')],
  ['a public key only', moduleOf('admin', 'register({ publicKey: process.env.ADMIN })')],
  ['a key in quotes', moduleOf('admin', "register({ 'secret': process.env.ADMIN })")],
] // prettier-ignore

describe('nothing is rewritten where two modules may have different keys:', () => {
  it.each(apps)('%s', async (_, sources) => {
    const folder = await mkdtemp(join(outside, 'app-'))
    const own = sources.length === 2 ? sources : [...sources, ['src/app.module.ts', 'export {};\n'] as const]
    const all: Sources = [...appOf([[]]), ...own.map(([path, text]): Sources[number] => [path, text])]
    await writeSources(folder, all)
    expect(await migrate(folder, 'nestjs-jwt', '--force')).toMatchObject({ code: 1 })
    for (const [path, text] of new Map(all)) expect(await read(folder, path)).toBe(text)
  })
})

it.each([usual, 'registerAsync({ useFactory: () => ({ secret: SECRET }) })', 'register({})'])(
  'the same key in another module is no doubt: %s',
  async (options) => {
    const folder = await mkdtemp(join(outside, 'app-'))
    const head = "const ENV = { secret: process.env['JWT_SECRET'] };\nconst SECRET = ENV.secret;"
    await writeSources(folder, [...appOf([[]]), ...moduleOf('more', options, head)])
    expect(await migrate(folder, 'nestjs-jwt', '--force')).toMatchObject({ code: 0 })
    expect(await read(folder, 'src/more/auth.guard.ts')).toBeUndefined()
  },
)
