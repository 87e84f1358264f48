import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import { adapters, type RunningApp } from '../support/adapters.js'
import { logs } from '../support/logs.js'
import { refused } from '../support/refusals.js'
import { ada } from '../endpoints/app.js'
import { startCookies } from './app.js'

describe.each(adapters)('what the log says of a CSRF refusal on $name', (adapter) => {
  let app: RunningApp
  let own: string

  beforeAll(async () => {
    app = await startCookies(adapter)
    own = `http://127.0.0.1:${app.port}`
  })

  beforeEach(() => logs.clear())

  const reasonFor = async (...headers: [string, string][]): Promise<string> => {
    const answer = await app.send({ method: 'POST', path: '/auth/login', body: ada, headers })
    expect(answer).toMatchObject(refused(403, 'csrf_failed'))
    expect(answer.text).not.toContain('evil.example')
    return logs.text('debug')
  }

  it('names both origins, and the option that would allow it', async () => {
    const reason = await reasonFor(['Origin', 'https://evil.example'])

    expect(reason).toContain('https://evil.example')
    expect(reason).toContain(own)
    expect(reason).toContain('csrf.trustedOrigins')
  })

  it('names them too where Sec-Fetch-Site decided', async () => {
    const reason = await reasonFor(['Sec-Fetch-Site', 'same-site'], ['Origin', 'https://evil.example:8443'])

    expect(reason).toContain('Sec-Fetch-Site is neither same-origin nor none')
    expect(reason).toContain('https://evil.example:8443')
    expect(reason).toContain('csrf.trustedOrigins')
  })

  it.each(['null', 'h2://evil.example', 'chrome-extension://evil'])('names the origin %s', async (origin) => {
    expect(await reasonFor(['Origin', origin])).toContain(`Origin is ${origin}, the app's own is ${own};`)
  })

  it('says that an origin came twice, whatever the first one is', async () => {
    const reason = await reasonFor(['Sec-Fetch-Site', 'cross-site'], ['Origin', own], ['Origin', own])

    expect(reason).toContain('Origin is missing or repeated')
  })

  it('says that nothing said where the request came from', async () => {
    expect(await reasonFor()).toContain(
      'there is no Sec-Fetch-Site header, and the Origin header is missing or repeated',
    )
  })

  it('says that the app does not know its own origin, where a request of HTTP/1.0 names no host', async () => {
    const withOrigin = 'Origin: https://evil.example\r\n'
    for (const header of ['', withOrigin]) expect(await postWithoutHost(app.port, header)).toMatch(/ 403 /)

    expect(logs.text('debug')).toContain("Origin is https://evil.example, the app's own is unknown;")
  })

  it.each([
    'https://evil.example/?token=abc',
    'evil evil evil',
    'evil https://evil.example',
    `https://${'e'.repeat(300)}.example`,
    'https://evil.example\u0085FAKE LINE',
  ])('holds nothing that is no origin: %j', async (origin) => {
    const reason = await reasonFor(['Origin', origin])

    expect(reason).toContain('Origin is malformed')
    expect(reason).not.toContain(origin)
    expect(reason.split('\n')).toHaveLength(1)
  })

  it('says nothing at any other level', async () => {
    await reasonFor(['Origin', 'https://evil.example'])

    for (const level of ['log', 'warn', 'error', 'fatal']) expect(logs.text(level)).toBe('')
  })
})

async function postWithoutHost(port: number, header: string): Promise<string> {
  const body = JSON.stringify(ada)
  const socket = connect(port, '127.0.0.1')
  const length = `Content-Length: ${Buffer.byteLength(body)}`
  socket.write(
    `POST /auth/login HTTP/1.0\r\nContent-Type: application/json\r\n${length}\r\n${header}\r\n${body}`,
  )
  return (await text(socket)).split('\r\n', 1)[0] ?? ''
}
