import type { RunningApp } from '../support/adapters.js'
import type { Answer, Request } from '../support/http.js'
import { CookieJar, parseSetCookie, type SetCookie } from './cookie-jar.js'

/** Where the browser believes the app to be: behind TLS, unlike the app under test itself. */
export const SITE = 'https://shop.example'

/** A browser with its cookies, on a page of the app's own. */
export class Browser {
  constructor(
    private readonly app: RunningApp,
    readonly jar = new CookieJar(),
  ) {}

  get(path: string): Promise<Answer> {
    return this.send({ path })
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.send({ method: 'POST', path, body })
  }

  /** Adds what a browser adds: the cookies, and on its own pages `Sec-Fetch-Site: same-origin`. */
  async send(request: Request, site = 'same-origin'): Promise<Answer> {
    const url = SITE + request.path
    const cookie = this.jar.header(url)
    const headers: [string, string][] = [['Sec-Fetch-Site', site], ...(request.headers ?? [])]
    if (cookie !== undefined) headers.push(['Cookie', cookie])
    const answer = await this.app.send({ ...request, headers })
    this.jar.store(url, answer.headers['set-cookie'] ?? [])
    return answer
  }

  cookie(name: string): string | undefined {
    const pairs = this.jar.document(SITE).split('; ')
    return pairs.find((pair) => pair.startsWith(`${name}=`))?.slice(name.length + 1)
  }
}

const allCookiesOf = ({ headers }: Answer): SetCookie[] => (headers['set-cookie'] ?? []).map(parseSetCookie)

const isCleared = ({ value, attributes }: SetCookie): boolean => value === '' && attributes['max-age'] === '0'

/** The cookies that an answer sets to a value, by name; an error where it sets one twice. */
export function cookiesOf(answer: Answer): Map<string, SetCookie> {
  const cookies = allCookiesOf(answer).filter((cookie) => !isCleared(cookie))
  const byName = new Map(cookies.map((cookie) => [cookie.name, cookie]))
  if (byName.size !== cookies.length) throw new Error('The answer sets a cookie twice.')
  return byName
}

/** The cookies that are left of an answer where the last one of a name counts. */
export function keptByName(answer: Answer): Map<string, SetCookie> {
  const last = new Map(allCookiesOf(answer).map((cookie) => [cookie.name, cookie]))
  return new Map([...last].filter(([, cookie]) => !isCleared(cookie)))
}

/** The cookies that an answer takes away, in order. */
export function clearedIn(answer: Answer): SetCookie[] {
  return allCookiesOf(answer).filter(isCleared)
}
