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

  it('says that nothing said where the request came from', async () => {
    expect(await reasonFor()).toContain(
      'there is no Sec-Fetch-Site header, and the Origin header is missing or repeated',
    )
  })

  it.each([
    'https://evil.example/?token=abc',
    'evil evil evil',
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
