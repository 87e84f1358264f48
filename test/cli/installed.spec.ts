import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { encodePart } from '../support/forge.js'
import { type InstalledCli, installCli } from './installed-cli.js'

let cli: InstalledCli

beforeAll(async () => {
  cli = await installCli()
})

afterAll(() => cli.remove())

describe('nest-jwt-auth', () => {
  it('helps with everything', async () => {
    const help = await cli.call(['--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    const names = [...help.stdout.matchAll(/^ {2}([a-z][a-z -]*[a-z]) {2,}/gm)].map(([, name = '']) => name)
    expect(names).toEqual(expect.arrayContaining(['secret', 'keys new', 'token inspect', 'migrate', 'audit']))

    const helps = await Promise.all(names.map((name) => cli.call([...name.split(' '), '--help'])))
    for (const [at, { code, stdout, stderr }] of helps.entries()) {
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
      expect(stdout).toContain(`nest-jwt-auth ${names[at]}`)
    }
    expect((await cli.call(['keys', '--help'])).stdout).toMatch(/keys new[^]*keys revoke/)
  })

  it('tells its version', async () => {
    const manifest = join(cli.folder, 'node_modules/@nest-jwt-auth/cli/package.json')
    const { version } = JSON.parse(await readFile(manifest, 'utf8'))
    expect(await cli.call(['--version'])).toEqual({ code: 0, stdout: `${version}\n`, stderr: '' })
  })

  it('reads a token from a pipe, and answers with an exit code', async () => {
    const JWT_SECRET = 'q7Vd2mXw9LbTz4KsRy8HnCfJ5pGu3EaW'
    const env = { JWT_SECRET }
    const minted = await cli.call(['token', 'mint', 'ada', '--secret-env', 'JWT_SECRET'], { env })
    const [good, bad, wrong] = await Promise.all([
      cli.call(['token', 'verify', '--secret-env', 'JWT_SECRET'], { env, input: minted.stdout }),
      cli.call(['token', 'verify', '--secret-env', 'JWT_SECRET'], {
        env: { JWT_SECRET: JWT_SECRET.toUpperCase() },
        input: minted.stdout,
      }),
      cli.call(['token', 'verfy'], { input: minted.stdout }),
    ])
    expect(good).toMatchObject({ code: 0, stdout: expect.stringContaining('"sub":"ada"') })
    expect(bad).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/token_signature_invalid/),
    })
    expect(wrong).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/Did you mean token verify/),
    })
  })

  it.each([
    ['Asia/Kolkata', '2026-01-01 05:30:00 +05:30'],
    ['America/St_Johns', '2025-12-31 20:30:00 -03:30'],
  ])('tells dates in the time zone %s', async (TZ, date) => {
    const claims = { exp: Date.UTC(2026, 0, 1) / 1000 }
    const token = [{ alg: 'none' }, claims].map((part) => encodePart(part)).join('.')
    const { stdout } = await cli.call(['token', 'inspect', `${token}.`], { env: { TZ } })
    expect(stdout).toContain(`1767225600  ${date} (`)
  })

  it('is quiet if its reader goes away', async () => {
    const bin = join(cli.folder, 'node_modules/@nest-jwt-auth/cli/dist/index.js')
    const child = spawn(process.execPath, [bin, '--help'])
    child.stdout.destroy()
    let stderr = ''
    child.stderr.on('data', (chunk) => (stderr += String(chunk)))
    const [code] = await once(child, 'close')
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
  })
})
