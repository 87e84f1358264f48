import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Controller, Get, UseGuards } from '@nestjs/common'
import { Test } from '@nestjs/testing'
import { afterEach, describe, expect, it } from '@jest/globals'
import {
  JwtAuthConfigError,
  type JwtAuthExtras,
  JwtAuthModule,
  type JwtAuthOptions,
  JwtGuard,
} from '@nest-jwt-auth/core'
import { REFUSALS } from '../../packages/core/src/errors/refusals.js'
import { SECRET } from '../support/forge.js'
import { run, workspaceRoot } from '../support/run.js'
import { appsOf } from './code-blocks.js'
import { useCompiler } from './compiled-apps.js'
import { usageErrors } from './reference.js'

const read = (page: string) => readFileSync(join(workspaceRoot, page), 'utf8')

/** The headings of the lowest level: what is between the backticks, and what follows. */
function headings(page: string): [code: string, rest: string][] {
  const found = [...read(page).matchAll(/^### `(.+?)`(?:: (.*))?$/gm)]
  return found.map(([, code = '', rest = '']) => [code, rest])
}

describe('docs/errors.md', () => {
  it('has a heading for each code, with its message', () => {
    const messages = Object.entries(REFUSALS).map(([code, { message }]) => [code, message])
    expect(Object.fromEntries(headings('docs/errors.md'))).toEqual(Object.fromEntries(messages))
  })

  it('has them below the status that they have', () => {
    for (const section of read('docs/errors.md').split(/^## /m).slice(1)) {
      for (const [, code = ''] of section.matchAll(/^### `(\w+)`/gm)) {
        expect(section.split('\n', 1)[0]).toContain(String(REFUSALS[code as keyof typeof REFUSALS].status))
      }
    }
  })
})

class Users {}

@Controller('items')
class ItemsController {
  @Get()
  list() {
    return []
  }
}

@Controller()
@UseGuards(JwtGuard)
class GuardedController {
  @Get()
  list() {
    return []
  }
}

type Settings = JwtAuthOptions & JwtAuthExtras

const trustedOrigins = ['https://app.example.com/']

/** Each gives messages of docs/boot-errors.md. */
const mistakes: Partial<Settings>[] = [
  { secret: undefined },
  { secret: 'secret' },
  { secret: 'your-256-bit-secret-your-256-bit-secret' },
  { secret: 'x'.repeat(40) },
  { keys: [{ algorithm: 'HS256', secret: SECRET }] },
  { secret: undefined, keys: [{ algorithm: 'RS256', privateKey: '-----BEGIN PRIVATE KEY-----\\nMIIE' }] },
  { expiresIn: '15m' } as Partial<Settings>,
  { accessToken: { expiresIn: '60' } },
  { csrf: {} },
  { csrf: { trustedOrigins }, locations: ['cookie'] },
  { claimsLoader: Users as never },
  { identityLoader: { useFactory: () => undefined as never } },
  { endpoints: { login: true } },
  { audit: 'error' },
]
class Config {
  secret = SECRET

  get audience() {
    return 'api'
  }
}

const inProduction: Partial<Settings>[] = [{}, { locations: ['cookie'], cookies: { secure: false } }]

async function problemsOf(make: () => Parameters<typeof Test.createTestingModule>[0]): Promise<string[]> {
  try {
    const module = await Test.createTestingModule(make()).compile()
    await module.createNestApplication({ logger: false }).init()
  } catch (error) {
    if (error instanceof JwtAuthConfigError) {
      return error.problems.map(({ path, problem, fix }) => `${path}: ${problem}. ${fix}`)
    }
    throw error
  }
  throw new Error('The app starts.')
}

const withOptions = (options: Partial<Settings>) => {
  const settings = { secret: SECRET, ...options } as Settings
  return problemsOf(() => ({
    imports: [JwtAuthModule.forRoot(settings)],
    controllers: [ItemsController],
  }))
}

/** All lines of the sources, with what is written as several strings in one. */
function sources(): string {
  const folder = join(workspaceRoot, 'packages/core/src')
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  )
  return files
    .map((name) => readFileSync(join(folder, name), 'utf8').replaceAll(/['"`] \+\s+['"`]/g, ''))
    .join('')
}

describe('docs/boot-errors.md', () => {
  const page = 'docs/boot-errors.md'
  const compiled = useCompiler()
  const before = process.env['NODE_ENV']
  afterEach(() => {
    process.env['NODE_ENV'] = before
  })

  it('has the messages that the library gives, word for word', async () => {
    const auth = () => JwtAuthModule.forRoot({ secret: SECRET })
    const given = [
      ...(await Promise.all(mistakes.map(withOptions))),
      await problemsOf(() => ({ imports: [JwtAuthModule] })),
      await problemsOf(() => ({ imports: [JwtAuthModule.forRoot(new Config())] })),
      await problemsOf(() => ({ imports: [JwtAuthModule.forRootAsync({})] })),
      await problemsOf(() => ({ imports: [auth(), auth()] })),
      await problemsOf(() => ({ controllers: [GuardedController] })),
    ].flat()
    for (const options of inProduction) {
      process.env['NODE_ENV'] = 'production'
      given.push(...(await withOptions(options)))
    }
    const shown = headings(page).filter(([code]) => code.includes(': '))
    expect(shown.length).toBeGreaterThan(12)
    for (const [message] of shown) expect(given.filter((one) => one.startsWith(message))).not.toEqual([])
    const quoted = read(page)
      .replaceAll(/\s+/g, ' ')
      .match(/"The [^"]+\."/g)
    expect(quoted).toHaveLength(3)
    for (const text of quoted ?? []) expect(given.join(' ')).toContain(text.slice(1, -1))
  })

  it('has the messages of mistakes in a running app, and their codes', () => {
    const all = sources()
    const codes = new Set(usageErrors().map(([code]) => code))
    const shown = headings(page).filter(([code]) => !code.includes(': '))
    expect(shown.length).toBeGreaterThan(4)
    for (const [code, message] of shown) {
      expect(codes).toContain(code)
      expect(all.replaceAll('\\`', '`')).toContain(message)
    }
  })

  it('has a check that lists the mistakes of the app, and fails', async () => {
    const app = await compiled(page, appsOf(page).get('') ?? [])
    await expect(run('node', [join(app, 'dist/check.js')])).rejects.toThrow(
      /accessToken\.expiresIn: The duration has no unit[^]+secret: The secret is 6 bytes long/,
    )
  })
})
