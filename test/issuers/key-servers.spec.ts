import { createServer, type RequestListener, type Server } from 'node:http'
import { Readable } from 'node:stream'
import { createServer as createTcpServer, type Socket } from 'node:net'
import { once } from 'node:events'
import { brotliCompressSync, createGzip, gzipSync } from 'node:zlib'
import { afterEach, describe, expect, it, jest } from '@jest/globals'
import { freePort } from '../support/free-port.js'
import { ISSUER, newKey, StubIssuer, Subject } from './issuer-stub.js'

const DOWN = 'keys_unavailable'
/** For servers that never answer. Those that do answer have 5 s. */
const SHORT = 400

const servers: { close: () => unknown; closeAllConnections?: () => void }[] = []

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections?.()
    server.close()
  }
})

/** A server on loopback that counts what it is asked. */
async function listen(listener: RequestListener) {
  const asked: string[] = []
  const server: Server = createServer((request, response) => {
    asked.push(request.url ?? '')
    listener(request, response)
  }).listen(0, '127.0.0.1')
  servers.push(server)
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  return { asked, server, url: `http://127.0.0.1:${port}` }
}

/** Keys that are fetched over real connections. */
function subjectAt(jwksUrl: string, timeout?: number): Subject {
  return new Subject(new StubIssuer(), { jwksUrl, fetch: undefined }, timeout)
}

const good = newKey('a')
const SET = JSON.stringify({ keys: [good.jwk] })
const JSON_TYPE = { 'content-type': 'application/json' }

it('a fetch of keys ends after 5 seconds, where nothing else is asked for', async () => {
  jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
  try {
    const fetch = () => new Promise<Response>(() => undefined)
    const subject = new Subject(new StubIssuer(), { fetch })
    const answers: string[] = []
    void subject.ask('a').then((answer) => answers.push(answer))
    await jest.advanceTimersByTimeAsync(4999)
    expect(answers).toEqual([])
    await jest.advanceTimersByTimeAsync(1)
    await subject.settle()
    expect(answers).toEqual([DOWN])
    expect(subject.warnings.join()).toContain('5 s')
  } finally {
    jest.useRealTimers()
  }
})

describe('a key server', () => {
  it.each<[string, RequestListener]>([
    ['plain', (_, response) => response.writeHead(200, JSON_TYPE).end(SET)],
    ['without a content type', (_, response) => response.end(SET)],
    [
      'that compresses by gzip',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(SET)),
    ],
    [
      'that compresses by brotli',
      (_, response) => response.writeHead(200, { 'content-encoding': 'br' }).end(brotliCompressSync(SET)),
    ],
    [
      'that sends byte by byte',
      (_, response) => {
        response.writeHead(200)
        for (const byte of Buffer.from(SET)) response.write(Buffer.from([byte]))
        response.end()
      },
    ],
    ['whose set is almost 512 KiB', (_, response) => response.end(SET + ' '.repeat(512 * 1024 - SET.length))],
  ])('%s is understood', async (_, listener) => {
    const { url, asked } = await listen(listener)

    expect(await subjectAt(url).ask('a')).toBe('a')
    expect(asked).toHaveLength(1)
  })

  it.each<[string, RequestListener, string | RegExp]>([
    ['404', (_, response) => response.writeHead(404, JSON_TYPE).end(SET), 'the response has the status 404'],
    ['400', (_, response) => response.writeHead(400, JSON_TYPE).end(SET), 'the response has the status 400'],
    ['500', (_, response) => response.writeHead(500, JSON_TYPE).end(SET), 'the response has the status 500'],
    ['204', (_, response) => response.writeHead(204).end(), 'the response has the status 204'],
    ['206', (_, response) => response.writeHead(206, JSON_TYPE).end(SET), 'the response has the status 206'],
    [
      'HTML',
      (_, response) => response.end('<!doctype html><title>Sign in</title>'),
      'the response is not a valid JSON object',
    ],
    ['nothing', (_, response) => response.end(), 'the response is not a valid JSON object'],
    [
      'half of the set',
      (_, response) => response.end(SET.slice(0, 50)),
      'the response is not a valid JSON object',
    ],
    [
      'a byte order mark',
      (_, response) => response.end(`\uFEFF${SET}`),
      'the response is not a valid JSON object',
    ],
    [
      'invalid UTF-8',
      (_, response) =>
        response.end(Buffer.concat([Buffer.from(SET.slice(0, -2)), Buffer.from([0xff, 0x5d, 0x7d])])),
      'the response is not a valid JSON object',
    ],
    [
      'duplicate members',
      (_, response) => response.end(`{"keys":[],"keys":${SET.slice(8)}`),
      'the response is not a valid JSON object',
    ],
    [
      'duplicate members in a key',
      (_, response) => response.end(SET.replace('"kid":"a"', '"kid":"b","kid":"a"')),
      'the response is not a valid JSON object',
    ],
    [
      'deep nesting',
      (_, response) => response.end(`{"keys":${'['.repeat(10_000)}${']'.repeat(10_000)}}`),
      'the response is not a valid JSON object',
    ],
    [
      'another document',
      (_, response) => response.end('{"status":"ok"}'),
      'the document is not a set of keys',
    ],
    [
      'a wrong encoding',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(SET),
      /^the request failed/,
    ],
    [
      'too short a body',
      (request) => request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n${SET}`),
      /^the request failed( \(\w+\))?$/,
    ],
    ['a hang-up', (request) => request.socket.destroy(), /^the request failed( \(\w+\))?$/],
    [
      'no HTTP',
      (request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'),
      /^the request failed( \(\w+\))?$/,
    ],
    [
      'hostile headers',
      (request) => request.socket.end(`HTTP/1.1 200 OK\r\nx: ${'y'.repeat(100_000)}\r\n\r\n${SET}`),
      /^the request failed( \(\w+\))?$/,
    ],
    [
      '600 KiB',
      (_, response) => response.end(SET + ' '.repeat(600 * 1024)),
      'the response is larger than 512 KiB',
    ],
    [
      'no end',
      (_, response) => {
        const endless = new Readable({ read: () => void endless.push(' '.repeat(65_536)) })
        endless.pipe(response)
      },
      'the response is larger than 512 KiB',
    ],
    [
      'a gzip bomb',
      (_, response) => {
        response.writeHead(200, { 'content-encoding': 'gzip' })
        const gzip = createGzip()
        gzip.pipe(response)
        for (let at = 0; at < 100; at++) gzip.write(Buffer.alloc(1_000_000, ' '))
        gzip.end()
      },
      'the response is larger than 512 KiB',
    ],
  ])('that answers with %s makes keys_unavailable', async (_, listener, reason) => {
    const { url, asked } = await listen(listener)
    const subject = subjectAt(url)

    expect(await subject.ask('a')).toBe(DOWN)
    expect(await subject.ask('a')).toBe(DOWN)
    expect(asked).toHaveLength(1)
    expect(subject.warnings).toHaveLength(1)
    const [, said] = /could not be fetched: (.*)\. No keys are known/.exec(subject.warnings[0] ?? '') ?? []
    expect(said).toEqual(expect.stringMatching(reason))
  })

  it.each([301, 302, 303, 307, 308, 300, 304])(
    'that redirects with %d is not followed, even to itself',
    async (status) => {
      const target = await listen((_, response) => response.end(SET))
      const { url, asked } = await listen((request, response) =>
        request.url === '/set'
          ? response.end(SET)
          : response.writeHead(status, { location: status % 2 === 0 ? '/set' : target.url }).end(),
      )
      const subject = subjectAt(url)

      expect(await subject.ask('a')).toBe(DOWN)
      expect([...asked, ...target.asked]).toEqual(['/'])
      expect(subject.warnings[0]).toContain('redirects are not followed')
    },
  )

  it.each<[string, RequestListener]>([
    ['says nothing', () => undefined],
    ['sends only the headers', (_, response) => response.writeHead(200, JSON_TYPE).flushHeaders()],
    [
      'sends a byte now and then',
      (_, response) => {
        response.writeHead(200, JSON_TYPE)
        const timer = setInterval(() => response.write(' '), 10)
        response.on('close', () => clearInterval(timer))
      },
    ],
    [
      'sends half of the set',
      (_, response) => void response.writeHead(200, { 'content-length': '9999' }).write(SET),
    ],
  ])('that %s is given up after the time-out, and its connection ends', async (_, listener) => {
    let isClosed: Promise<unknown> | undefined
    const { url, asked } = await listen((request, response) => {
      isClosed = once(request.socket, 'close')
      listener(request, response)
    })
    const subject = subjectAt(url, SHORT)

    const answers = await Promise.all(Array.from({ length: 100 }, (_, at) => subject.ask(`k${at}`)))

    expect(new Set(answers)).toEqual(new Set([DOWN]))
    expect(asked).toHaveLength(1)
    expect(subject.warnings[0]).toContain('there was no complete response within 0.4 s')
    await isClosed
  })

  it('that does not exist is told from the code of the error', async () => {
    const subject = subjectAt(`http://127.0.0.1:${await freePort()}`)

    expect(await subject.ask('a')).toBe(DOWN)
    expect(subject.warnings[0]).toContain('the request failed (ECONNREFUSED)')
  })

  it('that accepts connections and never speaks is given up', async () => {
    const sockets: Socket[] = []
    const server = createTcpServer((socket) => sockets.push(socket)).listen(0, '127.0.0.1')
    servers.push(server)
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const subject = subjectAt(`http://127.0.0.1:${port}`, SHORT)

    expect(await subject.ask('a')).toBe(DOWN)
    sockets.forEach((socket) => socket.destroy())
  })

  it('is asked without credentials, and with nothing of the token', async () => {
    let headers: Record<string, unknown> = {}
    const { url, asked } = await listen((request, response) => {
      headers = request.headers
      response.end(SET)
    })
    await subjectAt(url).ask('secret-kid\r\nx-injected: 1')

    expect(asked).toEqual(['/'])
    expect(Object.keys(headers)).toEqual(expect.arrayContaining(['accept', 'host']))
    expect(headers['accept']).toBe('application/json, application/jwk-set+json')
    expect(JSON.stringify(headers)).not.toMatch(/secret|injected|authorization|cookie/)
  })
})

describe('the option fetch', () => {
  it.each<[string, unknown]>([
    ['returns nothing', () => undefined],
    [
      'throws',
      () => {
        throw new Error('secret detail')
      },
    ],
    ['rejects with text', () => Promise.reject('secret detail')],
    ['rejects with null', () => Promise.reject(null)],
    ['returns what is no response', async () => ({ status: 200, json: async () => JSON.parse(SET) })],
    [
      'followed a redirect',
      async () => Object.defineProperty(new Response(SET), 'redirected', { value: true }),
    ],
    [
      'returns a body that fails',
      async () => new Response(new ReadableStream({ pull: (to) => to.error(new Error('secret detail')) })),
    ],
    [
      'returns a body of text',
      async () => new Response(new ReadableStream({ pull: (to) => to.enqueue('text' as never) })),
    ],
  ])('that %s makes keys_unavailable, and no more is told', async (_, fetch) => {
    const subject = new Subject(new StubIssuer(), { fetch: fetch as typeof globalThis.fetch })

    expect(await subject.ask('a')).toBe(DOWN)
    expect(subject.warnings).toHaveLength(1)
    expect(subject.warnings[0]).not.toContain('secret')
  })

  it('has its signal aborted when the keys are there, so that nothing goes on', async () => {
    const signals: (AbortSignal | null | undefined)[] = []
    const fetch: typeof globalThis.fetch = async (_, { signal } = {}) => {
      signals.push(signal)
      expect(signal?.aborted).toBe(false)
      return new Response(SET)
    }

    expect(await new Subject(new StubIssuer(), { fetch }).ask('a')).toBe('a')
    expect(signals.map((signal) => signal?.aborted)).toEqual([true])
  })

  it.each<[unknown, string]>([
    ['E_2BIG', ' (E_2BIG)'],
    ['ECONNRESET by peer', ''],
    ['an ECONNRESET', ''],
    ['econnreset', ''],
    ['E', ''],
    [`E${'X'.repeat(61)}`, ''],
    [['ECONNRESET'], ''],
    [7, ''],
  ])('that throws an error with the code %j has it told if it looks like one', async (code, told) => {
    const fetch = () => Promise.reject(Object.assign(new Error('detail'), { code }))
    const subject = new Subject(new StubIssuer(), { fetch })
    await subject.ask('a')

    expect(subject.warnings).toEqual([expect.stringContaining(`: the request failed${told}. `)])
  })

  it('that never answers and ignores its signal is given up after the time-out', async () => {
    const subject = new Subject(new StubIssuer(), { fetch: () => new Promise(() => undefined) }, SHORT)

    expect(await subject.ask('a')).toBe(DOWN)
  })
})

describe('discovery', () => {
  const OIDC = '/.well-known/openid-configuration'
  const OAUTH = '/.well-known/oauth-authorization-server'

  function discoverable(
    issuer = ISSUER,
    options: { discovery?: true | string | undefined } = { discovery: true },
  ) {
    const stub = new StubIssuer()
    stub.publish(good)
    return { stub, subject: new Subject(stub, { issuer, ...options }) }
  }

  const metadata = (issuer: string, jwks_uri: unknown = `${ISSUER}/keys`) => ({ issuer, jwks_uri })

  it.each([
    [ISSUER, `${ISSUER}${OIDC}`],
    [`${ISSUER}/`, `${ISSUER}${OIDC}`],
    [`${ISSUER}/tenant/1`, `${ISSUER}/tenant/1${OIDC}`],
    [`${ISSUER}/tenant/1/`, `${ISSUER}/tenant/1${OIDC}`],
    [ISSUER, `${ISSUER}${OAUTH}`],
    [`${ISSUER}/`, `${ISSUER}${OAUTH}`],
    [`${ISSUER}/tenant/1`, `${ISSUER}${OAUTH}/tenant/1`],
  ])('of %s looks at %s', async (issuer, address) => {
    const { stub, subject } = discoverable(issuer)
    stub.publishDocument(metadata(issuer), {}, address)

    expect(await subject.ask('a', { iss: issuer })).toBe('a')
    expect(stub.asked.slice(-2)).toEqual([address, `${ISSUER}/keys`])
    expect(stub.asked.length).toBe(address.includes(OIDC) ? 2 : 3)
  })

  it('is what happens if no source of keys is set', async () => {
    const { stub, subject } = discoverable(ISSUER, { discovery: undefined })
    stub.publishDocument(metadata(ISSUER), {}, `${ISSUER}${OIDC}`)

    expect(await subject.ask('a')).toBe('a')
  })

  it.each([ISSUER, 'issuer'])('looks at the one address that is set, for the issuer %s', async (issuer) => {
    const { stub, subject } = discoverable(issuer, { discovery: `${ISSUER}/meta` })
    stub.publishDocument(metadata(issuer), {}, `${ISSUER}/meta`)

    expect(await subject.ask('a', { iss: issuer })).toBe('a')
    expect(stub.asked).toEqual([`${ISSUER}/meta`, `${ISSUER}/keys`])
  })

  it.each<[string, unknown, string]>([
    ['of another issuer', metadata('https://other.example'), 'the metadata is of another issuer'],
    ['whose issuer has one slash more', metadata(`${ISSUER}/`), 'the metadata is of another issuer'],
    ['whose issuer is in capitals', metadata(ISSUER.toUpperCase()), 'the metadata is of another issuer'],
    ['without issuer', { jwks_uri: `${ISSUER}/keys` }, 'the metadata is of another issuer'],
    [
      'whose issuer is a list',
      { ...metadata(ISSUER), issuer: [ISSUER] },
      'the metadata is of another issuer',
    ],
    ['without jwks_uri', { issuer: ISSUER }, 'the metadata has no jwks_uri'],
    [
      'with a plain http jwks_uri',
      metadata(ISSUER, 'http://issuer.example/keys'),
      'not an allowed https URL',
    ],
    ['with a file as jwks_uri', metadata(ISSUER, 'file:///etc/passwd'), 'not an allowed https URL'],
    [
      'with keys in the jwks_uri',
      metadata(ISSUER, `data:application/json,${SET}`),
      'not an allowed https URL',
    ],
    ['with a relative jwks_uri', metadata(ISSUER, '/keys'), 'not an allowed https URL'],
    [
      'with a jwks_uri on this machine',
      metadata(ISSUER, 'http://127.0.0.1:6379/'),
      'not an allowed https URL',
    ],
    [
      'with a jwks_uri on this machine, by https',
      metadata(ISSUER, 'https://localhost/'),
      'not an allowed https URL',
    ],
    [
      'with a password in the jwks_uri',
      metadata(ISSUER, 'https://a:b@issuer.example/keys'),
      'not an allowed https URL',
    ],
  ])('does not trust metadata %s', async (_, document, reason) => {
    const { stub, subject } = discoverable()
    stub.publishDocument(document, {}, `${ISSUER}${OIDC}`)

    expect(await subject.ask('a')).toBe(DOWN)
    expect(stub.asked).toEqual([`${ISSUER}${OIDC}`, `${ISSUER}${OAUTH}`])
    expect(subject.warnings[0]).toContain('no metadata was found (the ')
    expect(subject.warnings[0]).toContain(`${reason}; the response has the status 404)`)
  })

  it.each([
    ['http://localhost:8080', 'https://elsewhere.example/meta', DOWN],
    ['https://issuer.example', 'http://localhost:8080/meta', 'a'],
  ])('as %s, trusts the metadata at %s with keys on this machine: %s', async (issuer, discovery, answer) => {
    const stub = new StubIssuer()
    const keys = 'http://localhost:8080/keys'
    stub.publishDocument(metadata(issuer, keys), {}, discovery)
    stub.publishDocument({ keys: [good.jwk] }, {}, keys)
    const subject = new Subject(stub, { issuer, discovery })

    expect(await subject.ask('a', { iss: issuer })).toBe(answer)
  })

  it('tells of each outage with the reasons of that outage alone', async () => {
    const { stub, subject } = discoverable()
    const down = (status: number) => {
      for (const path of [OIDC, OAUTH]) {
        stub.answers.set(`${ISSUER}${path}`, () => new Response('', { status }))
      }
    }
    down(404)
    expect(await subject.ask('a')).toBe(DOWN)
    subject.clock.advance('30s')
    stub.publishDocument(metadata(ISSUER), {}, `${ISSUER}${OAUTH}`)
    expect(await subject.ask('a')).toBe('a')
    subject.clock.advance('30s')
    down(503)
    expect(await subject.ask('b')).toBe(DOWN)

    expect(subject.warnings).toEqual([
      expect.stringContaining('(the response has the status 404)'),
      expect.stringContaining('(the response has the status 503)'),
    ])
  })

  it('has one budget with the keys: an attempt in 30 seconds, whichever of them fails', async () => {
    const { stub, subject } = discoverable()
    for (let at = 0; at < 100; at++) expect(await subject.ask(`k${at}`)).toBe(DOWN)
    expect(stub.asked).toEqual([`${ISSUER}${OIDC}`, `${ISSUER}${OAUTH}`])

    stub.publishDocument(metadata(ISSUER), {}, `${ISSUER}${OIDC}`)
    stub.goDown(`${ISSUER}/keys`)
    subject.clock.advance('30s')
    for (let at = 0; at < 100; at++) expect(await subject.ask(`k${at}`)).toBe(DOWN)
    expect(stub.asked).toHaveLength(4)
  })

  it('follows keys that move', async () => {
    const { stub, subject } = discoverable()
    stub.publishDocument(metadata(ISSUER), {}, `${ISSUER}${OIDC}`)
    await subject.ask('a')
    const b = newKey('b')
    stub.publishDocument(metadata(ISSUER, `${ISSUER}/moved`), {}, `${ISSUER}${OIDC}`)
    stub.publishDocument({ keys: [b.jwk] }, {}, `${ISSUER}/moved`)

    subject.clock.advance('10m')
    await subject.settle()

    expect(await subject.ask('b')).toBe('b')
    expect(await subject.ask('a')).toBe('token_signature_invalid')
  })

  it('of an issuer that is spelled in several ways begins with the first that is a URL', async () => {
    const stub = new StubIssuer()
    stub.publish(good)
    stub.publishDocument(metadata(ISSUER), {}, `${ISSUER}${OIDC}`)
    const subject = new Subject(stub, { issuer: ['issuer.example', ISSUER], discovery: true })

    expect(await subject.ask('a', { iss: 'issuer.example' })).toBe('a')
  })

  it('and keys together have one time-out', async () => {
    const stub = new StubIssuer()
    const late = (document: unknown) => async () => {
      await new Promise((resolve) => setTimeout(resolve, SHORT * 0.7))
      return new Response(JSON.stringify(document))
    }
    stub.answers.set(`${ISSUER}${OIDC}`, late(metadata(ISSUER)))
    stub.answers.set(`${ISSUER}/keys`, late(JSON.parse(SET)))
    const subject = new Subject(stub, { discovery: true }, SHORT)

    expect(await subject.ask('a')).toBe(DOWN)
  })
})
