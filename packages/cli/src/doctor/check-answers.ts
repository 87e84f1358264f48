import type { AuditedRoute } from '@nest-jwt-auth/core'
import type { Answer, Ask } from './ask.js'
import { errorText } from './error-text.js'
import type { ExaminedApp } from './examined-app.js'
import { isLoopback } from './is-loopback.js'
import type { Report } from './report.js'
import { addressOf, placeOf } from './routes.js'

/** So that a large app is not flooded. */
const MOST = 20

/** The running app, and how it is asked. */
export interface RunningApp {
  readonly address: URL
  readonly ask: Ask
  /** An access token of the app; `undefined`: there is none. */
  readonly token: string | undefined
}

/** Sends `GET` to guarded routes without parameters: without a token and, if there is one, with it. */
export async function checkAnswers(
  { routes, settings }: ExaminedApp,
  running: RunningApp,
  report: Report,
): Promise<void> {
  const { address, ask } = running
  const all = routes.filter(isAskable)
  if (all.length > MOST) {
    report.skip(`${all.length - MOST} guarded routes at ${address.origin}`, `only ${MOST} are asked`)
  }
  const token = tokenFor(running, report)
  for (const route of all.slice(0, MOST)) {
    const at = addressOf(route, address)
    try {
      const anonymous = await ask(at)
      if (isSuccess(anonymous)) reportAnswering(route, at, report)
      const known =
        token === undefined
          ? anonymous
          : await askWithToken(at, token, ask, settings.cookies?.accessToken.name)
      checkCaching(route, isPublic(anonymous) ? anonymous : known, report)
    } catch (error) {
      report.skip('the guarded routes', `GET ${at.href} has no answer: ${errorText(error)}`)
      return
    }
  }
}

function isAskable({ transport, method, path = '', access, host }: AuditedRoute): boolean {
  const isGet = transport === 'http' && method === 'GET' && access === 'required'
  return isGet && host === undefined && !/[:*{(]/.test(path)
}

/** A token is sent to nobody who could read it on its way. */
function tokenFor({ token, address }: RunningApp, report: Report): string | undefined {
  const isPrivate = address.protocol === 'https:' || isLoopback(address)
  if (token !== undefined && isPrivate) return token
  const because =
    token === undefined
      ? 'there is no token. Name the variable that holds an access token: --token-env NAME'
      : 'the token is not sent over http'
  report.skip('the Cache-Control of guarded answers', because)
  return undefined
}

/** In the header and, if that is no location of the app's, in the cookie. */
async function askWithToken(at: URL, token: string, ask: Ask, cookie: string | undefined): Promise<Answer> {
  const answer = await ask(at, { headers: { authorization: `Bearer ${token}` } })
  if (answer.status !== 401 || cookie === undefined) return answer
  return ask(at, { headers: { cookie: `${cookie}=${token}` } })
}

const isSuccess = ({ status }: Answer): boolean => status >= 200 && status < 300

function reportAnswering(route: AuditedRoute, at: URL, report: Report): void {
  report.add('guarded_route_answers', {
    at: `GET ${at.href}`,
    what: `${placeOf(route)} needs a token in this app, but the address answers without one.`,
    fix: {
      where: 'in a terminal, to see who answers: an older version of the app, a cache, or another program',
      write: `curl -i ${at.href}`,
    },
  })
}

/** RFC 9111 section 3.5: with one of these, a shared cache may keep even the answer to an `Authorization`. */
function isPublic({ headers: { 'cache-control': control = '' } }: Answer): boolean {
  return /\b(public|s-maxage)\b/i.test(control) && !/\bno-store\b/i.test(control)
}

function checkCaching(route: AuditedRoute, answer: Answer, report: Report): void {
  if (!isPublic(answer)) return
  report.add('guarded_answer_public', {
    at: placeOf(route),
    what: `Its answer has Cache-Control: ${answer.headers['cache-control']}.`,
    fix: { where: 'above the handler', write: "@Header('Cache-Control', 'private, no-cache')" },
  })
}
