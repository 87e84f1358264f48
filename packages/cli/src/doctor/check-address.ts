import type { Answer, Ask } from './ask.js'
import { clockOfAnswer, compareClock } from './compare-clock.js'
import { errorText } from './error-text.js'
import { isLoopback } from './is-loopback.js'
import type { Report } from './report.js'

/** A name that is never anybody's (RFC 2606 section 2), for the page of a foreign site. */
export const FOREIGN_ORIGIN = 'https://doctor.invalid'

/**
 * Looks at what the app's address answers, without knowing the app. Returns the address: the one with https, if the other
 * redirects there. `undefined`: it does not answer.
 */
export async function checkAddress(address: URL, ask: Ask, report: Report): Promise<URL | undefined> {
  let answer: Answer
  try {
    answer = await ask(address, { headers: { origin: FOREIGN_ORIGIN } })
  } catch (error) {
    reportUnreachable(address, error, report)
    return undefined
  }
  const secure = redirectToHttps(address, answer)
  if (secure !== undefined) return checkAddress(secure, ask, report)
  compareClock('the app', clockOfAnswer(answer), report)
  checkTransport(address, answer, report)
  checkCors(address, answer, report)
  return address
}

/** Codes of OpenSSL and of Node.js for certificates: `CERT_HAS_EXPIRED`, `DEPTH_ZERO_SELF_SIGNED_CERT`. */
const OF_CERTIFICATE = /CERT|ERR_TLS|UNABLE_TO_VERIFY|SIGNATURE_FAILURE/

function reportUnreachable(address: URL, error: unknown, report: Report): void {
  const code = String(Reflect.get(Object(error), 'code'))
  const at = address.origin
  if (OF_CERTIFICATE.test(code)) {
    report.add('certificate_invalid', {
      at,
      what: `The certificate is not valid: ${errorText(error)}.`,
      fix: {
        where: 'in a terminal, once the certificate is renewed and served with its whole chain',
        write: `openssl s_client -connect ${address.hostname}:${address.port || 443} -servername ${address.hostname} -verify_return_error </dev/null`,
      },
    })
    return
  }
  report.add('url_unreachable', {
    at,
    what: `The address does not answer: ${errorText(error)}.`,
    fix: { where: 'in a terminal on this machine, to see the same', write: `curl -v ${address.href}` },
  })
}

function redirectToHttps(address: URL, { status, headers: { location } }: Answer): URL | undefined {
  if (status < 300 || status > 399 || location === undefined || !URL.canParse(location, address.href))
    return undefined
  const target = new URL(location, address)
  // The token of the call goes to this host alone.
  if (address.protocol !== 'http:' || target.protocol !== 'https:') return undefined
  if (target.hostname !== address.hostname) return undefined
  return new URL(address.pathname, target)
}

function checkTransport(address: URL, answer: Answer, report: Report): void {
  const at = address.origin
  if (isLoopback(address)) return
  if (address.protocol === 'http:') {
    report.add('served_over_http', {
      at,
      what: 'The address is served over http, and does not redirect to https.',
      fix: { where: 'in the proxy (this line is for nginx)', write: 'return 301 https://$host$request_uri;' },
    })
  } else if (answer.headers['strict-transport-security'] === undefined) {
    report.add('hsts_missing', {
      at,
      what: 'The answer has no Strict-Transport-Security header (RFC 6797).',
      fix: { where: 'in main.ts, with `npm install helmet`', write: 'app.use(helmet())' },
    })
  }
}

function checkCors(address: URL, { headers }: Answer, report: Report): void {
  const allowed = headers['access-control-allow-origin'] === FOREIGN_ORIGIN
  if (!allowed || headers['access-control-allow-credentials'] !== 'true') return
  report.add('cors_any_origin', {
    at: address.href,
    what: 'The answer allows every origin to read it with cookies (CORS).',
    fix: {
      where: 'in main.ts, with the origins of your own pages',
      write: "app.enableCors({ origin: ['https://app.example.com'], credentials: true })",
    },
  })
}
