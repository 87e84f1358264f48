import type { Answer, Ask, Question } from './ask.js'
import { FOREIGN_ORIGIN } from './check-address.js'
import { errorText } from './error-text.js'
import type { ExaminedApp } from './examined-app.js'
import type { Report } from './report.js'
import { addressOf, readyMade } from './routes.js'

/** So that a long list is not asked for one by one for minutes. */
const MOST_ORIGINS = 10

/** Sends what a page of the app, and one of a foreign site, would send, without any cookie. */
export async function checkCsrf(
  examined: ExaminedApp,
  address: URL,
  ask: Ask,
  report: Report,
): Promise<void> {
  const { settings } = examined
  if (settings.cookies === undefined) return
  const route = readyMade('refresh', examined) ?? readyMade('logout', examined)
  if (route === undefined) {
    report.skip('the CSRF check at the address', 'the app has no ready-made refresh or logout to try it on')
    return
  }
  const url = addressOf(route, address)
  const post = (headers: Record<string, string>) => ask(url, { method: 'POST', headers })
  try {
    const own = await post({ origin: address.origin })
    if (typeof own.errorCode !== 'string') {
      report.skip(
        'the CSRF check at the address',
        `POST ${url.href} answers ${own.status}, and not as this library does`,
      )
      return
    }
    if (own.errorCode === 'csrf_failed') reportOwnOrigin(address, report)
    const foreign = await post({ origin: FOREIGN_ORIGIN, 'sec-fetch-site': 'cross-site' })
    if (typeof foreign.errorCode === 'string' && foreign.errorCode !== 'csrf_failed')
      reportForeignOrigin(url, report)
    await checkTrustedOrigins(settings.csrf.trustedOrigins, url, ask, report)
  } catch (error) {
    report.skip('the CSRF check at the address', `POST ${url.href} has no answer: ${errorText(error)}`)
  }
}

function reportOwnOrigin(address: URL, report: Report): void {
  report.add('csrf_own_origin_refused', {
    at: address.origin,
    what: 'The app takes its own pages for those of another site: it does not know under which origin its proxy serves it.',
    fix: {
      where: 'in main.ts (Express; for Fastify: new FastifyAdapter({ trustProxy: true }))',
      write: "app.set('trust proxy', 1)",
    },
  })
}

function reportForeignOrigin(url: URL, report: Report): void {
  report.add('csrf_foreign_origin_accepted', {
    at: `POST ${url.href}`,
    what: `A request from ${FOREIGN_ORIGIN} passes: something on the way removes or changes Origin and Sec-Fetch-Site.`,
    fix: {
      where: 'in the proxy: pass both headers on unchanged (these lines are for nginx)',
      write: 'proxy_set_header Origin $http_origin;\nproxy_set_header Sec-Fetch-Site $http_sec_fetch_site;',
    },
  })
}

async function checkTrustedOrigins(
  origins: readonly string[],
  url: URL,
  ask: Ask,
  report: Report,
): Promise<void> {
  for (const origin of origins.slice(0, MOST_ORIGINS)) {
    if (origin === url.origin || allows(await ask(url, preflightFrom(origin)), origin)) continue
    report.add('trusted_origin_without_cors', {
      at: origin,
      what: 'The origin is in csrf.trustedOrigins, but CORS does not let it send cookies and read the answers.',
      fix: { where: 'in main.ts', write: `app.enableCors({ origin: ['${origin}'], credentials: true })` },
    })
  }
}

/** Fetch Standard section 3.2.2. */
function preflightFrom(origin: string): Question {
  const headers = {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  }
  return { method: 'OPTIONS', headers }
}

function allows({ headers }: Answer, origin: string): boolean {
  return (
    headers['access-control-allow-origin'] === origin &&
    headers['access-control-allow-credentials'] === 'true'
  )
}
