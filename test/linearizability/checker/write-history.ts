import type { Answer, Call, Request } from './history.js'

type Span = readonly [start: number, end: number]

/** For histories that are written by hand: `id` is also the number in the names that the call is the first to give. */
export function call(id: number, [start, end]: Span, request: Request, answer: Answer, process = 'p1'): Call {
  return { id, client: `c${id}`, process, request, answer, start, end }
}

export const DONE: Answer = { kind: 'done' }
export const UNKNOWN: Answer = { kind: 'unknown' }
export const REVOKED: Answer = { kind: 'refused', code: 'token_revoked' }
export const REUSED: Answer = { kind: 'refused', code: 'refresh_reused' }

/** Opens the session `s<id>` with the tokens `r<id>` and `a<id>`. */
export const login = (id: number, span: Span, answer: Answer = pair(id)): Call =>
  call(id, span, { kind: 'login' }, answer)

/** A refresh of the session `s1`; `next` is the number of the refresh token that it got. */
export const refresh = (id: number, span: Span, token: string, next: number | Answer = id): Call =>
  call(
    id,
    span,
    { kind: 'refresh', session: 's1', token },
    typeof next === 'number' ? { ...pair(id), refresh: `r${next}` } : next,
  )

export const present = (id: number, span: Span, token: string, answer: Answer): Call =>
  call(id, span, { kind: 'present', session: 's1', token }, answer)

export const check = (id: number, span: Span, token: string, answer: Answer, process?: string): Call =>
  call(id, span, { kind: 'check', session: 's1', token }, answer, process)

export const checkAlone = (id: number, span: Span, token: string, answer: Answer): Call =>
  call(id, span, { kind: 'check', token }, answer)

export const revoke = (id: number, span: Span, token: string, answer: Answer = DONE): Call =>
  call(id, span, { kind: 'revoke', session: 's1', token }, answer)

export const end = (id: number, span: Span, answer: Answer = DONE, session = 's1'): Call =>
  call(id, span, { kind: 'end', session }, answer)

export const revokeAll = (id: number, span: Span, answer: Answer = DONE, except?: string): Call =>
  call(id, span, { kind: 'revokeAll', except }, answer)

export const list = (id: number, span: Span, ...sessions: readonly string[]): Call =>
  call(id, span, { kind: 'list' }, { kind: 'listed', sessions })

export const issue = (id: number, span: Span): Call =>
  call(id, span, { kind: 'issue' }, { kind: 'tokens', access: `a${id}` })

export const loss = (id: number, span: Span): Call => call(id, span, { kind: 'loss' }, DONE)

export const count = (sessions: number): Answer => ({ kind: 'ended', count: sessions })

function pair(id: number): { readonly kind: 'tokens'; readonly refresh: string; readonly access: string } {
  return { kind: 'tokens', refresh: `r${id}`, access: `a${id}` }
}
