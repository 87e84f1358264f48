/** What a token says that it is, by the header `typ`. */
export interface DescribedKind {
  readonly kind: 'access' | 'refresh' | 'one-time' | 'unknown'
  readonly text: string
}

/** RFC 8725 section 3.11 and RFC 9068 section 2.1: the `typ` tells kinds of tokens apart. */
export function describeKind(typ: unknown): DescribedKind {
  const name = typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined
  if (name === 'at+jwt') return { kind: 'access', text: 'an access token (typ at+jwt)' }
  if (name === 'rt+jwt')
    return { kind: 'refresh', text: 'a refresh token (typ rt+jwt): only the refresh route accepts it' }
  const purpose = /^([a-z\d-]+)\+jwt$/.exec(name ?? '')?.[1]
  if (purpose !== undefined) {
    return {
      kind: 'one-time',
      text: `a one-time token for the purpose ${purpose}, or another kind that this library does not know`,
    }
  }
  const missing = name === undefined ? 'no typ' : name === 'jwt' ? 'typ JWT' : 'another typ'
  return {
    kind: 'unknown',
    text: `of no kind that it names (${missing}): an ID token, an access token of another issuer, or a token of former code`,
  }
}
