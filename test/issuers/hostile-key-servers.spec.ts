import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { createPublicKey } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import { createGzip } from 'node:zlib'
import { afterAll, describe, expect, it } from '@jest/globals'
import { adapters } from '../support/adapters.js'
import { forgeToken } from '../support/forge.js'
import { logs } from '../support/logs.js'
import { startForeignApp } from './app-of-issuers.js'
import { API, newSigningKey, signRs256 } from './oidc-issuer.js'

const servers: Server[] = []

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
})

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`
}

const { privateKey } = newSigningKey('k')
const jwk = { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'k', use: 'sig' }
const SET = JSON.stringify({ keys: [jwk] })
const ISSUER = 'https://issuer.example'

function tokenOf(iss: string): string {
  return signRs256(
    { alg: 'RS256', typ: 'at+jwt', kid: 'k' },
    { iss, aud: API, sub: 'ida', exp: 4e9 },
    privateKey,
  )
}

const hostile: [string, RequestListener][] = [
  ['says nothing', () => undefined],
  ['sends the headers only', (_, response) => response.writeHead(200).flushHeaders()],
  [
    'sends a byte now and then',
    (_, response) => {
      const timer = setInterval(() => response.write(' '), 100)
      response.on('close', () => clearInterval(timer))
    },
  ],
  ['hangs up', (request) => request.socket.destroy()],
  ['speaks no HTTP', (request) => request.socket.end('hello\r\n\r\n')],
  [
    'redirects to itself',
    (request, response) => response.writeHead(302, { location: `${request.url}x` }).end(),
  ],
  [
    'redirects to good keys',
    (_, response) => response.writeHead(307, { location: `data:application/json,${SET}` }).end(),
  ],
  ['sends 1 MB', (_, response) => response.end(SET + ' '.repeat(1_000_000))],
  [
    'sends 100 MB compressed',
    (_, response) => {
      const gzip = createGzip()
      gzip.pipe(response.writeHead(200, { 'content-encoding': 'gzip' }))
      for (let at = 0; at < 100; at++) gzip.write(Buffer.alloc(1_000_000, ' '))
      gzip.end()
    },
  ],
  [
    'sends 10,000 keys',
    (_, response) =>
      response.end(JSON.stringify({ keys: Array.from({ length: 10_000 }, () => ({ kty: 'RSA' })) })),
  ],
  ['sends HTML', (_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html>')],
  ['sends half a set', (_, response) => response.end(SET.slice(0, -10))],
  ['sends a list', (_, response) => response.end(`[${SET}]`)],
  ['sends keys twice', (_, response) => response.end(`{"keys":[],${SET.slice(1)}`)],
  ['sends an error', (_, response) => response.writeHead(500).end(SET)],
  ['sends an error as a set', (_, response) => response.end('{"error":"unauthorized"}')],
  [
    'sends a set inside a thousand lists',
    (_, response) => response.end(`{"keys":${'['.repeat(1000)}${']'.repeat(1000)}}`),
  ],
]

describe.each(adapters)('a key server that cannot be trusted ($name)', (adapter) => {
  it('costs 503, never 500, and nobody waits longer than the time-out', async () => {
    logs.clear()
    const outcomes = await Promise.all(
      hostile.map(async ([name, listener], at) => {
        const issuer = `https://new-${adapter.name}-${at}.example`
        const { ask } = await startForeignApp([{ issuer, jwksUrl: await listen(listener) }], { adapter })
        const answers = await Promise.all(Array.from({ length: 20 }, () => ask(tokenOf(issuer))))
        const lines = logs.lines.filter(({ text }) => text.includes(issuer)).map(({ level }) => level)
        return [name, [...new Set(answers)], lines]
      }),
    )

    expect(outcomes).toEqual(hostile.map(([name]) => [name, ['503 keys_unavailable'], ['warn']]))
    expect(logs.text()).not.toContain(jwk.n)
  })

  it('does not end the tokens of keys that are known', async () => {
    logs.clear()
    const outcomes = await Promise.all(
      hostile.map(async ([name, listener], at) => {
        const issuer = `https://known-${adapter.name}-${at}.example`
        let answer: RequestListener = (_, response) => response.end(SET)
        const jwksUrl = await listen((request, response) => answer(request, response))
        const { ask, clock } = await startForeignApp([{ issuer, jwksUrl }], { adapter })
        const before = await ask(tokenOf(issuer))

        answer = listener
        clock.advance('10m')
        const meanwhile = await ask(tokenOf(issuer))
        while (!logs.text('warn').includes(issuer)) await setTimeout(20)
        return [name, before, meanwhile, await ask(tokenOf(issuer))]
      }),
    )

    expect(outcomes).toEqual(hostile.map(([name]) => [name, '200', '200', '200']))
  })
})

describe('a key set with keys that cannot be used', () => {
  it('serves those that can', async () => {
    const keys = [
      null,
      7,
      {},
      { ...jwk, n: 'AQAB', kid: 'small' },
      { kty: 'oct', k: 'AAAA', kid: 'k' },
      { kty: 'unheard of', kid: 'k' },
      { ...jwk, use: 'enc' },
      { ...privateKey.export({ format: 'jwk' }), kid: 'private' },
      jwk,
    ]
    const url = await listen((_, response) => response.end(JSON.stringify({ keys })))
    logs.clear()
    const { ask } = await startForeignApp([{ issuer: ISSUER, jwksUrl: url }])

    expect(await ask(tokenOf(ISSUER))).toBe('200')
    expect(logs.lines.filter(({ level }) => level === 'warn')).toHaveLength(1)
    expect(logs.text()).not.toContain(privateKey.export({ format: 'jwk' }).d)
  })

  it('makes no use of a secret that looks like a key', async () => {
    const secret = 'a secret that everybody can read, 32 bytes'
    const keys = [{ kty: 'oct', k: Buffer.from(secret).toString('base64url'), kid: 'k', alg: 'HS256' }]
    const url = await listen((_, response) => response.end(JSON.stringify({ keys })))
    const { ask } = await startForeignApp([{ issuer: ISSUER, jwksUrl: url }])
    const claims = { iss: ISSUER, aud: API, sub: 'ida', exp: 4e9 }

    expect(await ask(forgeToken({ alg: 'HS256', typ: 'at+jwt', kid: 'k' }, claims, secret))).toBe(
      '401 token_signature_invalid',
    )
  })
})
