import { existsSync, readdirSync, statSync } from 'node:fs'
import { Agent } from 'node:http'
import { connect } from 'node:net'
import { once } from 'node:events'
import { spawnSync } from 'node:child_process'
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals'
import { demoUsers } from '../../sample-app/src/dev/demo-data.js'
import { sendRequest } from '../support/http.js'
import { run } from '../support/run.js'
import { codeBlocks } from '../docs/code-blocks.js'
import { embedded, type Home, newFolder } from './shop.js'
import { ShopProcess } from './shop-process.js'

const secret = 'Jc2bN6pXq8vT1yLw4mZr7kSg0hFd5uEo9aIiQtBx'

let home: Home
beforeAll(async () => {
  home = await newFolder()
})
afterEach(() => ShopProcess.endAll())
afterAll(() => home.remove())

// In this order: each start finds what the one before has left.
describe('the sample app as a process', () => {
  it('shows on its first start what to try, and ends cleanly while connections are open', async () => {
    const shop = new ShopProcess('main.js', home.env)
    const port = await shop.port()
    expect(shop.stdout).toContain(`embedded PostgreSQL in ${home.env['DATA_DIR']}`)
    for (const { username, password } of Object.values(demoUsers)) {
      expect(shop.stdout).toContain(`${username} / ${password}`)
    }
    expect(shop.commands).toHaveLength(3)
    expect(statSync(`${home.env['DATA_DIR']}/key-wrap-secret`).mode & 0o777).toBe(0o600)

    const agent = new Agent({ keepAlive: true })
    expect((await sendRequest(port, { path: '/items', agent })).status).toBe(200)
    const idle = connect(port, '127.0.0.1').on('error', () => {})
    await once(idle, 'connect')
    expect(await shop.stop()).toBe(0)
    expect(shop.stderr).toBe('')
    expect(readdirSync(String(home.env['DATA_DIR'])).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'database',
      'key-wrap-secret',
    ])
    agent.destroy()
    idle.destroy()
  })

  if (spawnSync('bash', ['-c', 'command -v curl && command -v sed']).status === 0) {
    it('offers commands that work as they are pasted, and what they deleted stays deleted', async () => {
      const first = new ShopProcess('main.js', home.env)
      await first.port()
      const [list, message] = await paste(first)
      expect(message).toBe('{"message":"Item deleted."}')
      const asMember = first.commands.join('\n').replaceAll('admin', 'member')
      expect(await run('bash', ['-c', asMember])).toContain('"errorCode":"insufficient_claims"')
      expect(await first.stop()).toBe(0)

      const second = new ShopProcess('main.js', { ...home.env, ADAPTER: 'fastify' })
      await second.port()
      const [shorter, again] = await paste(second)
      expect(again).toBe('{"message":"Item deleted."}')
      expect(JSON.parse(String(shorter))).toEqual(JSON.parse(String(list)).slice(1))
      const answers = await pasteFromReadme(await second.port())
      expect(answers).toContain('"username":"admin"')
      expect(answers).toContain('"name":"Tea pot"')
      expect(answers).toContain('"current":true')
      expect(await second.printed(/mail to admin: .*: (.*)\n/)).toMatch(/^ey/)
      expect(answers).not.toContain('statusCode')
      expect(await second.stop()).toBe(0)
    })
  }

  if (spawnSync('bash', ['-c', 'command -v curl']).status === 0) {
    it('offers commands that work with cookies too', async () => {
      const shop = new ShopProcess('main.js', { ...home.env, ADAPTER: 'fastify', AUTH_MODE: 'cookie' })
      await shop.port()
      expect(shop.commands).toHaveLength(3)
      const [list, message] = await paste(shop)
      expect(JSON.parse(String(list))).toEqual(
        expect.arrayContaining([expect.objectContaining({ mine: true })]),
      )
      expect(message).toBe('{"message":"Item deleted."}')
      const asMember = shop.commands.join('\n').replaceAll('admin', 'member')
      expect(await run('bash', ['-c', asMember])).toContain('"errorCode":"insufficient_claims"')
      expect(await shop.stop()).toBe(0)
    })
  }

  it('says in one line that its port or its data is in use, and does no harm to whoever uses it', async () => {
    const shop = new ShopProcess('main.js', home.env)
    const port = await shop.port()

    const samePort = new ShopProcess('main.js', { ...home.env, PORT: String(port) })
    expect(await samePort.ended).toBe(1)
    expect(samePort.stderr).toBe(
      `Port ${port} is in use on 127.0.0.1. Stop the process that uses it, or set PORT to another port.\n`,
    )
    const sameData = new ShopProcess('main.js', home.env)
    expect(await sameData.ended).toBe(1)
    expect(sameData.stderr).toMatch(/^The data folder .* is in use by process \d+\. .*\n$/)
    expect(samePort.stdout + sameData.stdout).toBe('')

    expect((await sendRequest(port, { path: '/items' })).status).toBe(200)
    expect(await shop.stop()).toBe(0)
  })

  if (process.platform !== 'win32') {
    it('ends with the shell that npm has put before it', async () => {
      const shop = new ShopProcess('main.js', { ...home.env, npm_lifecycle_event: 'start' }, throughShell)
      const port = await shop.port()
      await shop.stop()
      await expect(sendRequest(port, { path: '/items' })).rejects.toThrow('ECONNREFUSED')
      expect(existsSync(`${home.env['DATA_DIR']}/lock`)).toBe(false)
    })
  }

  it('says in one line that there is no Redis', async () => {
    const nowhere = 'redis://127.0.0.1:1'
    const shop = new ShopProcess('main.js', { ...home.env, REDIS_URL: nowhere })
    expect(await shop.ended).toBe(1)
    expect(shop.stderr).toMatch(/^Redis cannot be reached: .*\n$/)
  })

  it('demands a secret in production', async () => {
    const shop = new ShopProcess('main.js', { ...home.env, NODE_ENV: 'production' })
    expect(await shop.ended).toBe(1)
    expect(shop.stderr).toContain('KEY_WRAP_SECRET is required in production')
  })

  it('leaves it to the library to judge the secret, and prints no stack', async () => {
    const shop = new ShopProcess('main.js', { ...home.env, KEY_WRAP_SECRET: 'changeit' })
    expect(await shop.ended).toBe(1)
    expect(shop.stderr).toContain('secret')
    expect(shop.stderr).not.toContain('changeit')
    expect(shop.stderr).not.toMatch(/^\s+at /m)
  })

  it('makes neither users nor a key in production', async () => {
    const { env, remove } = await embedded()
    const shop = new ShopProcess('main.js', { ...env, NODE_ENV: 'production', KEY_WRAP_SECRET: secret })
    const port = await shop.port()
    expect(shop.commands).toEqual([])
    const login = await sendRequest(port, { method: 'POST', path: '/auth/login', body: demoUsers.admin })
    expect(login.status).toBe(401)
    expect((await sendRequest(port, { path: '/items' })).body).toEqual([])
    expect(existsSync(`${env['DATA_DIR']}/key-wrap-secret`)).toBe(false)
    expect(await shop.stop()).toBe(0)
    await remove()
  })
})

/** Like npm: the shell stays, and passes no signal on. */
function throughShell(node: string, file: string): [string, ...string[]] {
  return ['sh', '-c', `'${node}' '${file}'; :`]
}

/** What bash prints for the banner's commands, line by line. */
async function paste(shop: ShopProcess): Promise<string[]> {
  const printed = await run('bash', ['-c', shop.commands.join('\n')])
  return printed.trimEnd().split('\n')
}

/** What bash prints for the curl lines of the README. */
async function pasteFromReadme(port: number): Promise<string> {
  const block = codeBlocks('sample-app/README.md').find(({ code }) => code.includes('curl '))
  expect(block?.code).toContain('localhost:3000')
  return run('bash', ['-c', String(block?.code).replaceAll('localhost:3000', `127.0.0.1:${port}`)])
}
