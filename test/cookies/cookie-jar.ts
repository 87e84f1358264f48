/** One cookie as a `Set-Cookie` header describes it. Attribute names are in lower case. */
export interface SetCookie {
  name: string
  value: string
  attributes: Record<string, string | true>
}

interface StoredCookie {
  name: string
  value: string
  path: string
  domain: string
  hostOnly: boolean
  secure: boolean
  httpOnly: boolean
  /** Milliseconds since the epoch; undefined: until the browser is closed. */
  expires: number | undefined
}

/** Splits a `Set-Cookie` value as RFC 6265 section 5.2 says. */
export function parseSetCookie(header: string): SetCookie {
  const [pair = '', ...rest] = header.split(';')
  const attributes = rest.map((part): [string, string | true] => {
    const [name, value] = cut(part)
    return [name.toLowerCase(), value ?? true]
  })
  const [name, value = ''] = cut(pair)
  return { name, value, attributes: Object.fromEntries(attributes) }
}

/** The cookies of one browser, by RFC 6265 section 5 and the name prefixes of its successor. */
export class CookieJar {
  private cookies: StoredCookie[] = []

  constructor(private readonly now: () => number = Date.now) {}

  store(url: string, headers: readonly string[]): void {
    for (const header of headers) this.storeOne(new URL(url), parseSetCookie(header))
  }

  /** The `Cookie` header of a request to this URL. */
  header(url: string): string | undefined {
    const pairs = this.for(new URL(url)).map(({ name, value }) => `${name}=${value}`)
    return pairs.length === 0 ? undefined : pairs.join('; ')
  }

  /** `document.cookie` on a page with this URL. */
  document(url: string): string {
    const readable = this.for(new URL(url)).filter(({ httpOnly }) => !httpOnly)
    return readable.map(({ name, value }) => `${name}=${value}`).join('; ')
  }

  names(): string[] {
    return this.alive().map(({ name }) => name)
  }

  private for({ protocol, hostname, pathname }: URL): StoredCookie[] {
    return this.alive()
      .filter(({ secure }) => !secure || protocol === 'https:')
      .filter(
        (cookie) => hostname === cookie.domain || (!cookie.hostOnly && isBelow(hostname, cookie.domain)),
      )
      .filter(({ path }) => pathMatches(pathname, path))
      .toSorted((a, b) => b.path.length - a.path.length)
  }

  private alive(): StoredCookie[] {
    return this.cookies.filter(({ expires }) => expires === undefined || expires > this.now())
  }

  private storeOne({ protocol, hostname, pathname }: URL, { name, value, attributes }: SetCookie): void {
    const { domain, path, secure, httponly, 'max-age': maxAge } = attributes
    const isSecure = secure !== undefined
    const own = typeof domain === 'string' && domain !== '' ? domain.replace(/^\./, '') : undefined
    if (isSecure && protocol !== 'https:') return
    if (own !== undefined && own !== hostname && !isBelow(hostname, own)) return
    if (/^__secure-/i.test(name) && !isSecure) return
    if (/^__host-/i.test(name) && !(isSecure && own === undefined && path === '/')) return
    const cookie: StoredCookie = {
      name,
      value,
      path: typeof path === 'string' && path.startsWith('/') ? path : defaultPath(pathname),
      domain: own ?? hostname,
      hostOnly: own === undefined,
      secure: isSecure,
      httpOnly: httponly !== undefined,
      expires: typeof maxAge === 'string' ? this.now() + Number(maxAge) * 1000 : undefined,
    }
    const isSame = (other: StoredCookie) =>
      other.name === name && other.domain === cookie.domain && other.path === cookie.path
    this.cookies = [...this.cookies.filter((other) => !isSame(other)), cookie]
  }
}

/** Section 5.1.4. */
export function pathMatches(request: string, path: string): boolean {
  return (
    request === path || (request.startsWith(path) && (path.endsWith('/') || request[path.length] === '/'))
  )
}

function defaultPath(pathname: string): string {
  return pathname.slice(0, Math.max(1, pathname.lastIndexOf('/')))
}

function isBelow(hostname: string, domain: string): boolean {
  return hostname.endsWith(`.${domain}`)
}

function cut(part: string): [string, string | undefined] {
  const at = part.indexOf('=')
  return at === -1 ? [part.trim(), undefined] : [part.slice(0, at).trim(), part.slice(at + 1).trim()]
}
