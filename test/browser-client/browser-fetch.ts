import type { CookieJar } from '../cookies/cookie-jar.js'

/** The `fetch` of a browser with these cookies, on a page of the app's own. Notes which paths it was asked for. */
export function browserFetch(jar: CookieJar, asked: string[]): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const cookie = jar.header(request.url)
    if (cookie !== undefined) request.headers.set('cookie', cookie)
    request.headers.set('origin', new URL(request.url).origin)
    asked.push(new URL(request.url).pathname)
    const response = await fetch(request)
    jar.store(request.url, response.headers.getSetCookie())
    return response
  }
}

export const json = (body: object): RequestInit => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})
