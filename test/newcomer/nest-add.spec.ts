import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCommand, workspaceRoot } from '../support/run.js'
import { type AppFiles, nestAdd, newApp, rootController, rootModule } from './new-app.js'

const addTo = (files: AppFiles, options?: object) => nestAdd({ ...newApp, ...files }, options)
const moduleAfter = async (text: string) =>
  (await addTo({ 'src/app.module.ts': text })).tree.readText('src/app.module.ts')

const page = () => readFile(join(workspaceRoot, 'docs/nest-add.md'), 'utf8')

describe('docs/nest-add.md', () => {
  it('names each file that is written', async () => {
    const { tree } = await addTo({}, { store: 'kysely' })
    const named = (await page()).matchAll(/^\| (`[^|]*[./][^|]*`) +\|/gm)
    const files = [...named].flatMap(([, cell = '']) => cell.replaceAll('`', '').split(', '))
    expect(files.toSorted()).toEqual(tree.files.map((path) => path.slice(1)).toSorted())
  })

  it('names each option and its values', async () => {
    const schema = join(workspaceRoot, 'packages/core/schematics/nest-add/schema.json')
    const { properties } = JSON.parse(await readFile(schema, 'utf8')) as Schema
    for (const [option, { enum: values = [] }] of Object.entries(properties)) {
      if (option === 'sourceRoot') continue
      const row = (await page()).split('\n').find((line) => line.startsWith(`| \`--${option}\``))
      for (const value of values) expect(row).toContain(`\`${value}\``)
      expect(row).toBeDefined()
    }
  })
})

interface Schema {
  properties: Record<string, { enum?: string[] }>
}

describe('the root module', () => {
  const forms: [name: string, before: string, after: string][] = [
    ['an empty array', 'imports: [],', 'imports: [AuthModule],'],
    ['one line', 'imports: [UsersModule],', 'imports: [UsersModule, AuthModule],'],
    ['many lines', 'imports: [\n    A,\n    B,\n  ],', 'imports: [\n    A,\n    B,\n    AuthModule,\n  ],'],
    ['a call', "imports: [A.forRoot({ a: ']' })],", "imports: [A.forRoot({ a: ']' }), AuthModule],"],
    ['a spread', 'imports: [...others],', 'imports: [...others, AuthModule],'],
    ['a comment', 'imports: [A /* ] */],', 'imports: [A, AuthModule /* ] */],'],
    ['no imports', '', 'imports: [AuthModule],'],
  ]

  it.each(forms)('gets the module in %s', async (_name, before, after) => {
    const text = await moduleAfter(rootModule.replace('imports: [],', before))
    expect(text.replaceAll(/\s/g, '')).toContain(after.replaceAll(/\s/g, ''))
    expect(text).toContain("import { AuthModule } from './auth/auth.module';\n")
  })

  it('keeps its quotes, line ends and missing semicolons', async () => {
    const other = rootModule.replaceAll("'", '"').replaceAll(';', '').replaceAll('\n', '\r\n')
    const text = await moduleAfter(other)
    expect(text).toContain('\r\nimport { AuthModule } from "./auth/auth.module"\r\n')
    expect(text.replaceAll('\r\n', '')).not.toContain('\n')
  })

  const unusual: [name: string, text: string][] = [
    ['metadata in a constant', rootModule.replace(/@Module\(\{[^]*?\}\)/, '@Module(metadata)')],
    ['imports in a constant', rootModule.replace('imports: []', 'imports: all')],
    // A later or an earlier `imports` of theirs would be replaced, or would replace ours.
    ['a spread of metadata', rootModule.replace('imports: []', 'controllers: [], ...base')],
    ['imports in quotes', rootModule.replace('imports: []', "'imports': []")],
    ['two modules', `${rootModule}@Module({})\nclass Other {}\n`],
  ]

  it.each(unusual)('is left as it is with %s, and the lines are printed', async (_name, text) => {
    const { tree, printed } = await addTo({ 'src/app.module.ts': text })
    expect(tree.readText('src/app.module.ts')).toBe(text)
    expect(printed).toContain('No route is guarded before step 1 is done.')
    expect(printed).not.toContain('Every route needs an access token now')
    expect(printed).toContain("import { AuthModule } from './auth/auth.module';")
    expect(tree.exists('src/auth/auth.module.ts')).toBe(true)
  })

  it('is needed', async () => {
    const { 'src/app.module.ts': _none, ...rest } = newApp
    await expect(nestAdd(rest)).rejects.toThrow('src/app.module.ts does not exist, so nothing was changed.')
  })
})

describe('the root route', () => {
  it('of a new app stays public', async () => {
    const { tree } = await addTo({})
    expect(tree.readText('src/app.controller.ts')).toContain('  @Public()\n  @Get()\n  getHello()')
  })

  it('of another app is left as it is', async () => {
    const other = rootController.replace('@Get()', "@Get('hello')")
    const { tree } = await addTo({ 'src/app.controller.ts': other })
    expect(tree.readText('src/app.controller.ts')).toBe(other)
  })
})

describe('the environment', () => {
  it('has a new secret in a file that git ignores, and none in the sample', async () => {
    const secrets = await Promise.all([addTo({}), addTo({})])
    const [first, second] = secrets.map(({ tree }) => tree.readText('.env'))
    expect(first).toMatch(/^JWT_SECRET=[\w-]{64}\n$/)
    expect(second).not.toBe(first)
    const { tree } = secrets[0]
    expect(tree.readText('.gitignore')).toBe('.env\n')
    expect(tree.readText('.env.example')).toMatch(/^JWT_SECRET=$/m)
  })

  it('keeps what is there', async () => {
    const { tree } = await addTo({
      '.env': 'A=1\nexport JWT_SECRET=mine',
      '.env.sample': 'A=',
      '.gitignore': '/dist\n.env\n',
    })
    expect(tree.readText('.env')).toBe('A=1\nexport JWT_SECRET=mine')
    expect(tree.readText('.env.sample')).toMatch(/^A=\n#.*\nJWT_SECRET=\n$/)
    expect(tree.exists('.env.example')).toBe(false)
    expect(tree.readText('.gitignore')).toBe('/dist\n.env\n')
  })
})

it.each([
  ['without a .gitignore', undefined],
  ['that .gitignore does not name', 'dist\n'],
  ['that .gitignore takes back', '.env*\n!.env\n'],
])('an .env %s, which may be committed, gets no secret', async (_, ignored) => {
  const files = { '.env': 'A=1\n', ...(ignored !== undefined && { '.gitignore': ignored }) }
  const { tree, printed } = await addTo(files)
  expect(tree.readText('.env')).toBe('A=1\n')
  expect(printed).toContain('git rm --cached .env')
})

it.each([['.env*\n!.env\n'], ['.env\n!/.env\n'], ['*.env\n!.env*\n']])(
  'a new .env that .gitignore %j lets into the repository gets no secret',
  async (ignored) => {
    const { tree, printed } = await addTo({ '.gitignore': ignored })
    expect(tree.exists('.env')).toBe(false)
    expect(printed).toContain('git rm --cached .env')
    expect(tree.readText('.gitignore')).toBe(ignored)
  },
)

it.each(['.env*\n!.env.example\n', '!.env\n.env\n', '**/.env\n', '.e?v\n'])(
  'an .env that .gitignore %j keeps out gets a secret',
  async (ignored) => {
    const { tree, printed } = await addTo({ '.env': 'A=1\n', '.gitignore': ignored })
    expect(tree.readText('.env')).toMatch(/^A=1\nJWT_SECRET=[\w-]{64}\n$/)
    expect(printed).not.toContain('git rm --cached .env')
    expect(tree.readText('.gitignore')).toBe(ignored)
  },
)

describe('an app that has some of it', () => {
  it('is not changed where JwtAuthModule is set up elsewhere', async () => {
    const setup = 'export const auth = JwtAuthModule.forRootAsync({})'
    const { tree, printed } = await addTo({ 'src/security/auth.ts': setup })
    expect(printed).toContain('src/security/auth.ts already sets up JwtAuthModule. Nothing was changed.')
    expect(tree.exists('.env')).toBe(false)
    expect(tree.readText('src/app.module.ts')).toBe(rootModule)
  })

  it('keeps a module of the same name in another folder', async () => {
    const text = rootModule
      .replace('imports: []', 'imports: [AuthModule]')
      .replace('@Module', "import { AuthModule } from './security/auth.module';\n\n@Module")
    const files = { 'src/app.module.ts': text }
    await expect(addTo(files)).rejects.toThrow(
      'src/app.module.ts has another AuthModule, so nothing was changed. Choose another name for the module: nest add @nest-jwt-auth/core --name=app-auth',
    )
    const { tree } = await addTo(files, { name: 'app-auth' })
    expect(tree.readText('src/app.module.ts')).toContain('imports: [AuthModule, AppAuthModule],')
  })

  it('keeps a module of the same name, and is told the option', async () => {
    const files = { 'src/auth/auth.module.ts': 'export class AuthModule {}' }
    await expect(addTo(files)).rejects.toThrow('--name=app-auth')
    const { tree } = await addTo(files, { name: 'app-auth' })
    expect(tree.readText('src/app-auth/app-auth.module.ts')).toContain("path: 'app-auth',")
    expect(tree.readText('src/app.module.ts')).toContain('imports: [AppAuthModule],')
  })

  it('has lines printed where jest has settings of its own', async () => {
    const settings = '{ "transformIgnorePatterns": ["/node_modules/(?!other)"] }'
    const { tree, printed } = await addTo({ 'test/jest-e2e.json': settings })
    expect(tree.readText('test/jest-e2e.json')).toBe(settings)
    expect(printed).toContain('"transformIgnorePatterns": ["/node_modules/(?!.*(@nest-jwt-auth|jose)/)"]')
  })

  it('leaves the file .env to ConfigModule', async () => {
    const manifest = JSON.stringify({ dependencies: { '@nestjs/config': '^4.0.0' } })
    const { tree } = await addTo({ 'package.json': manifest })
    expect(tree.readText('src/auth/load-env.ts')).not.toContain('readFileSync')
  })
})

describe('the packages of a store', () => {
  const managers: [lock: string, command: string][] = [
    ['package-lock.json', 'npm install'],
    ['pnpm-lock.yaml', 'pnpm add'],
    ['yarn.lock', 'yarn add'],
  ]

  it.each(managers)('are installed by the package manager of %s', async (lock, command) => {
    const { printed } = await addTo({ [lock]: '' }, { store: 'kysely' })
    expect(printed).toContain(`1. ${command} @nest-jwt-auth/sql kysely pg`)
  })

  it('are those that are missing', async () => {
    const manifest = JSON.stringify({ dependencies: { kysely: '0.28.18', mysql2: '3.24.6' } })
    const { printed } = await addTo({ 'package.json': manifest }, { store: 'kysely' })
    expect(printed).toContain('1. npm install @nest-jwt-auth/sql\n')
  })
})

describe.each(['esm', 'cjs'])('what is written into an app of kind %s', (kind) => {
  const variants = [
    { store: 'memory' },
    { store: 'redis' },
    ...['typeorm', 'prisma', 'drizzle', 'kysely'].flatMap((store) => [
      { store, database: 'postgres' },
      { store, database: 'mysql' },
    ]),
  ]
  let folder: string

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nest-add-'))
    await symlink(join(workspaceRoot, 'node_modules'), join(folder, 'node_modules'))
  })

  afterAll(() => rm(folder, { recursive: true, force: true }))

  it('compiles for every store and database', async () => {
    const type = kind === 'esm' ? 'module' : 'commonjs'
    await writeFile(join(folder, 'package.json'), JSON.stringify({ type }))
    const starter = join(workspaceRoot, 'node_modules/@nestjs/schematics/dist/lib/application/files')
    const settings = join(starter, kind === 'esm' ? 'ts-esm' : 'ts', 'tsconfig.json')
    const text = (await readFile(settings, 'utf8')).replace('<%= strict %>', 'true')

    await writeFile(join(folder, 'tsconfig.json'), text)
    for (const options of variants) {
      const imports = kind === 'esm' ? rootModule.replace('app.controller', 'app.controller.js') : rootModule
      const { tree } = await addTo({ 'src/app.module.ts': imports }, options)
      const name = Object.values(options).join('-')
      for (const path of tree.files.filter((file) => file.endsWith('.ts'))) {
        const target = join(folder, name, path)
        await mkdir(dirname(target), { recursive: true })
        await writeFile(target, tree.readText(path))
      }
    }
    await runCommand('tsc', ['--noEmit', '-p', folder])
  })
})
