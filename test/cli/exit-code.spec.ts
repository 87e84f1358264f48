import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type InstalledCli, installApp } from './installed-cli.js'

const JWT_SECRET = 'q7Vd2mXw9LbTz4KsRy8HnCfJ5pGu3EaW'

let cli: InstalledCli

beforeAll(async () => {
  cli = await installApp('plain', 'nest-12')
})

afterAll(() => cli.remove())

/** Runs a command with an app that does `code` when it is loaded, and `onStart` when it starts. It has an open handler. */
async function call(args: string, { code = '', onStart = '', identityLoader = '() => ({ id: 1 })' }) {
  const name = `${args.replaceAll(' ', '-')}.module.js`
  const source = `
    import { Controller, Get, Module } from '@nestjs/common'
    import { JwtAuthModule } from '@nest-jwt-auth/core'
    ${code}
    class Open { read() {} }
    Get()(Open.prototype, 'read', Object.getOwnPropertyDescriptor(Open.prototype, 'read'))
    Controller('open')(Open)
    export class AppModule { onModuleInit() { ${onStart} } }
    const auth = JwtAuthModule.forRoot({ secret: process.env.JWT_SECRET,
      refreshToken: false,
      identityLoader: { useValue: { loadIdentity: ${identityLoader} } } })
    Module({ imports: [auth], controllers: [Open] })(AppModule)`
  await writeFile(join(cli.folder, 'dist', name), source)
  return cli.call([...args.split(' '), '--app', `dist/${name}`], { env: { JWT_SECRET } })
}

describe('an app that throws while nobody waits for it', () => {
  it('passes no check, and its error is shown without passwords', async () => {
    const throwLater = (error: string) => ({
      code: `await new Promise(() => setTimeout(() => { throw ${error} }))`,
    })
    const [audit, doctor, reject, nothing] = await Promise.all([
      call('audit', throwLater('new Error("late: postgres://shop:w0rd@db")')),
      call('doctor', {
        code: `import { EventEmitter } from 'node:events'
          const pool = new EventEmitter()
          await new Promise(() => setTimeout(() => pool.emit('error', new Error('late, password=w0rd'))))`,
      }),
      call('audit --json', {
        code: 'await new Promise(() => void Promise.reject(new Error("late", { cause: new Error("pwd=w0rd") })))',
      }),
      call('keys list', throwLater('undefined')),
    ])
    const stack = (text: RegExp) => ({ code: 2, stdout: '', stderr: expect.stringMatching(text) })
    expect(audit).toEqual(stack(/^Error: late: postgres:\/\/shop:…@db\n +at /))
    expect(doctor).toEqual(stack(/^Error: late, password=…\n +at /))
    expect(reject).toEqual(stack(/^Error: late\n[^]*\nCaused by: Error: pwd=…\n/))
    expect(nothing).toEqual(stack(/^an error without a message\n$/))
  })
})

describe('an app that ends the process', () => {
  it('while a command works with it passes no check', async () => {
    const outcomes = await Promise.all([
      call('audit', { code: 'process.exit(0)' }),
      call('doctor', { code: 'process.exitCode = 0; process.reallyExit(0)' }),
      call('token mint ada', { onStart: 'process.exit()' }),
      // Nothing keeps the process alive, and the app never answers.
      call('token mint bob', { identityLoader: '() => new Promise(() => undefined)' }),
    ])
    const stderr = expect.stringMatching(/^The process ended before the command did/)
    for (const outcome of outcomes) expect(outcome).toEqual({ code: 2, stdout: '', stderr })
  })

  it('when a command has ended changes no result', async () => {
    const code = 'process.exitCode = 0; process.on("exit", () => process.exit(0))'
    const { code: exitCode, stderr } = await call('audit --json', { code })
    expect({ exitCode, stderr }).toEqual({ exitCode: 1, stderr: '' })
  })
})
