import { FakeClock } from '@nest-jwt-auth/core/testing'
import { cookieApp } from '../cookies/app.js'
import { NOW } from '../legacy-tokens/former-app.js'
import { adapters } from '../support/adapters.js'
import { describeFuzz } from './describe-fuzz.js'
import { AppInMemory } from './http-in-memory.js'
import { outcomeOf } from './outcomes.js'
import { bytesOf, type FuzzedRequest, METHODS, readRequest, valuesOf } from './requests.js'

const TRUSTED = 'https://trusted.example'
const OWN = 'http://shop.example'

const words = [
  'Cookie: cookie: X-CSRF-Token: Origin: Sec-Fetch-Site: Authorization: Host: X-Forwarded-Proto: X-Forwarded-Host:',
  '__Host-access_token __Host-refresh_token access_token csrf_token __Host-access_token= csrf_token=',
  '$ADA $BEN',
  '$CSRF $BENCSRF $CSRF.$BENCSRF',
  `null ${TRUSTED} ${OWN} https://shop.example https://evil.example`,
  'same-origin none same-site cross-site',
  '/me /me/optional',
  '; = " , %3D Bearer',
  METHODS.join(' '),
].map((group) => group.split(' '))

interface RunningCookies {
  readonly app: AppInMemory
  readonly doubleSubmit: boolean
  readonly words: Record<string, string>
}

async function start(doubleSubmit: boolean, { create }: (typeof adapters)[number]): Promise<RunningCookies> {
  const csrf = { doubleSubmit, trustedOrigins: [TRUSTED] }
  const metadata = cookieApp({ locations: ['cookie', 'header'], csrf })
  const app = await AppInMemory.start(create(), metadata, new FakeClock(NOW * 1000))
  const [ada, adaCsrf] = await logIn(app)
  const [ben, benCsrf] = await logIn(app)
  return { app, doubleSubmit, words: { $ADA: ada, $BEN: ben, $CSRF: adaCsrf, $BENCSRF: benCsrf } }
}

async function logIn(app: AppInMemory): Promise<[token: string, csrf: string]> {
  const { text } = await app.send(bytesOf({ choice: 0, method: 'POST', path: '/own/login', lines: [] }))
  const valueOf = (name: string) => new RegExp(`${name}=([^;]+)`).exec(text)?.[1] ?? ''
  return [valueOf('__Host-access_token'), valueOf('csrf_token')]
}

/** Written anew from RFC 6265 section 5.4: pairs between semicolons, nothing decoded. */
function cookiesNamed(request: FuzzedRequest, name: string): string[] {
  const pairs = valuesOf(request, 'cookie').flatMap((header) => header.split(';'))
  const trimmed = pairs.map((pair) => pair.replaceAll(/^[ \t]+|[ \t]+$/g, ''))
  return trimmed.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1))
}

const only = <T>(values: readonly T[]): T | undefined => (values.length === 1 ? values[0] : undefined)

/** The contract's sentences on CSRF. */
function passesCsrf(request: FuzzedRequest, { doubleSubmit, words }: RunningCookies): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return true
  const token = only(cookiesNamed(request, '__Host-access_token'))
  if (doubleSubmit) {
    const sent = only(valuesOf(request, 'x-csrf-token'))
    const own = token === words['$ADA'] ? words['$CSRF'] : words['$BENCSRF']
    if (sent === undefined || sent !== only(cookiesNamed(request, 'csrf_token'))) return false
    if (!sent.split('.').includes(own ?? '')) return false
  }
  const origin = only(valuesOf(request, 'origin'))
  if (origin === TRUSTED) return true
  const sites = valuesOf(request, 'sec-fetch-site')
  if (sites.length > 0) return sites.length === 1 && ['same-origin', 'none'].includes(sites[0] ?? '')
  return origin === OWN
}

function isAllowed(request: FuzzedRequest, running: RunningCookies): boolean {
  const isGood = (token: string) => token === running.words['$ADA'] || token === running.words['$BEN']
  const [token = '', ...others] = cookiesNamed(request, '__Host-access_token')
  if (others.length > 0) return false
  if (token !== '') return isGood(token) && passesCsrf(request, running)
  const [authorization = '', ...repeated] = valuesOf(request, 'authorization')
  if (repeated.length > 0) return false
  const [, bearer] = /^bearer(?=$|[^!#$%&'*+.^_`|~\w-])(.*)$/is.exec(authorization) ?? []
  if (bearer === undefined) return request.path.startsWith('/me/optional')
  return isGood(bearer.replace(/^ +/, ''))
}

describeFuzz('cookies', async () => {
  const running: RunningCookies[] = []
  for (const adapter of adapters) {
    for (const doubleSubmit of [false, true]) running.push(await start(doubleSubmit, adapter))
  }

  return {
    words,
    outcomes: ['passed', 'csrf_failed', 'token_malformed'],
    limit: { fixed: 8000, perByte: 60 },
    run: async (input) => {
      const app = running[(input[0] ?? 0) % running.length] as RunningCookies
      const request = readRequest(input, ['/me', '/me/optional'], app.words)
      return outcomeOf(await app.app.send(bytesOf(request)), isAllowed(request, app), '')
    },
  }
})
