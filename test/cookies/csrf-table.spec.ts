import { Agent } from 'node:http'
import { afterAll, describe, expect, it } from '@jest/globals'
import { adapters, type RunningApp } from '../support/adapters.js'
import type { Answer } from '../support/http.js'
import { startCookies } from './app.js'
import { cookiesOf } from './browser.js'
import { everyAttempt, isLetThrough, type Attempt, type CsrfSetting } from './csrf-oracle.js'

const settings: CsrfSetting[] = [true, false].flatMap((trusts) =>
  [true, false].map((doubleSubmit) => ({ trusts, doubleSubmit })),
)

type Headers = [name: string, value: string][]

interface Login {
  token: string
  csrf: string
}

async function logIn(app: RunningApp): Promise<Login> {
  const cookies = cookiesOf(await app.post('/own/login', undefined))
  return {
    token: cookies.get('__Host-access_token')?.value ?? '',
    csrf: cookies.get('csrf_token')?.value ?? 'none is set',
  }
}

function originHeaders(origin: Attempt['origin'], own: string): Headers {
  const values = {
    absent: [],
    own: [own],
    trusted: ['https://trusted.example'],
    foreign: ['https://evil.example'],
    null: ['null'],
    repeated: [own, 'https://trusted.example'],
  }
  return values[origin].map((value) => ['Origin', value])
}

function siteHeaders(site: Attempt['site']): Headers {
  if (site === 'absent') return []
  const values =
    site === 'repeated' ? ['same-origin', 'same-origin'] : [site === 'garbage' ? 'Same-Origin' : site]
  return values.map((value) => ['Sec-Fetch-Site', value])
}

function submitted(submit: Attempt['submit'], me: Login, other: Login): { cookie?: string; header?: string } {
  const wrong = `${me.csrf.slice(1)}A`
  switch (submit) {
    case 'right':
      return { cookie: me.csrf, header: me.csrf }
    case 'wrong':
      return { cookie: wrong, header: wrong }
    case 'no header':
      return { cookie: me.csrf }
    case 'no cookie':
      return { header: me.csrf }
    case 'of another session':
      return { cookie: other.csrf, header: other.csrf }
    case 'header unlike cookie':
      return { cookie: other.csrf, header: me.csrf }
  }
}

function headersOf(attempt: Attempt, me: Login, other: Login, own: string): Headers {
  const { cookie, header } = submitted(attempt.submit, me, other)
  const cookies = [
    ...(attempt.tokenBy === 'cookie' ? [`__Host-access_token=${me.token}`] : []),
    ...(cookie === undefined ? [] : [`csrf_token=${cookie}`]),
  ]
  return [
    ...originHeaders(attempt.origin, own),
    ...siteHeaders(attempt.site),
    ...(attempt.tokenBy === 'header' ? ([['Authorization', `Bearer ${me.token}`]] as Headers) : []),
    ...(cookies.length === 0 ? [] : ([['Cookie', cookies.join('; ')]] as Headers)),
    ...(header === undefined ? [] : ([['X-CSRF-Token', header]] as Headers)),
  ]
}

/** What came of it, in words that can be compared. */
function outcome({ status, headers, text }: Answer): string {
  if (status === 200) return 'let through'
  const code = text === '' ? 'csrf_failed' : (JSON.parse(text) as { errorCode: string }).errorCode
  return headers['www-authenticate'] === undefined ? `${status} ${code}` : `${status} with a challenge`
}

describe.each(adapters)('CSRF on $name', (adapter) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 8 })
  afterAll(() => agent.destroy())

  it.each(settings)('is refused in exactly the contract’s cases: %j', async (setting) => {
    const app = await startCookies(adapter, {
      locations: ['header', 'cookie'],
      csrf: {
        doubleSubmit: setting.doubleSubmit,
        trustedOrigins: setting.trusts ? ['https://trusted.example'] : [],
      },
    })
    const [me, other] = [await logIn(app), await logIn(app)]
    const own = `http://127.0.0.1:${app.port}`
    const attempts = everyAttempt(setting)

    const wrong = await Promise.all(
      attempts.map(async (attempt) => {
        const headers = headersOf(attempt, me, other, own)
        const answer = await app.send({ method: attempt.method, path: '/me', headers, agent })
        const expected = isLetThrough(attempt, setting) ? 'let through' : '403 csrf_failed'
        const seen = outcome(answer)
        return seen === expected ? [] : [{ ...attempt, expected, seen }]
      }),
    )

    expect(attempts.length).toBe(7 * 6 * 7 * 2 * (setting.doubleSubmit ? 6 : 2))
    expect(wrong.flat()).toEqual([])
  })
})
