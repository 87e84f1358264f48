/** The options of the apps under test, in seconds. Short, so that a few steps of time reach each limit. */
export const lifetimes = { access: 30, refresh: 60, session: 150, grace: 10 }

/** Sessions, refresh tokens and access tokens are numbers: their order of appearance. `by` numbers the calls. */
export type Call =
  | { readonly do: 'login'; readonly by: number; readonly session: number }
  | { readonly do: 'refresh'; readonly by: number; readonly session: number; readonly token: number }
  /** Verifies a refresh token, which uses nothing up. */
  | { readonly do: 'present'; readonly session: number; readonly token: number }
  /** Issues an access token without a session. */
  | { readonly do: 'issue'; readonly by: number }
  | { readonly do: 'check' | 'revoke'; readonly access: number }
  | { readonly do: 'logout'; readonly session: number; readonly token: number }
  | { readonly do: 'end'; readonly session: number }
  | { readonly do: 'endAll'; readonly except: number | undefined }
  | { readonly do: 'list' }
  | { readonly do: 'wait'; readonly seconds: number }

interface Session {
  readonly live: boolean
  /** The newest refresh token. Its parent is the one before: nothing else is ever accepted. */
  readonly current: number
  readonly rotatedAt: number
  /** When each refresh token expires. */
  readonly expires: readonly number[]
  readonly endsAt: number
}

interface Access {
  readonly session: number | undefined
  readonly generation: number
  readonly expires: number
  readonly revoked: boolean
}

/** What rotation.pml describes, with time in seconds, several sessions, and access tokens. */
export interface State {
  readonly now: number
  readonly generation: number
  readonly sessions: Readonly<Record<number, Session>>
  readonly access: Readonly<Record<number, Access>>
}

export const nothing: State = { now: 0, generation: 0, sessions: {}, access: {} }

export const isLive = ({ now }: State, { live, current, expires }: Session): boolean =>
  live && (expires[current] ?? 0) > now

/** What becomes of the state, and what the caller is told. */
export function apply(state: State, call: Call, grace: number): readonly [State, string] {
  const { now, generation } = state
  switch (call.do) {
    case 'login': {
      const endsAt = now + lifetimes.session
      const expires = [Math.min(now + lifetimes.refresh, endsAt)]
      const session = { live: true, current: 0, rotatedAt: -Infinity, expires, endsAt }
      return [withAccess(withSession(state, call.session, session), call.by, call.session), 'token 0']
    }
    case 'refresh':
    case 'present':
      return use(state, call, grace)
    case 'issue':
      return [withAccess(state, call.by, undefined), 'ok']
    case 'check':
      return [state, check(state, state.access[call.access])]
    case 'revoke': {
      const access = state.access[call.access]
      if (access === undefined) return [state, 'no such token']
      return [{ ...state, access: { ...state.access, [call.access]: { ...access, revoked: true } } }, 'ok']
    }
    case 'logout':
    case 'end':
      return [end(state, call.session), 'ok']
    case 'endAll': {
      const ids = Object.keys(state.sessions).map(Number)
      const ended = ids.filter((id) => id !== call.except).reduce(end, state)
      return [{ ...ended, generation: generation + 1 }, 'ok']
    }
    case 'list': {
      const live = Object.entries(state.sessions).filter(([, session]) => isLive(state, session))
      return [state, live.map(([id]) => id).join(' ')]
    }
    case 'wait':
      return [{ ...state, now: now + call.seconds }, 'ok']
  }
}

/** `lookUp` and `rotate` in rotation.pml. */
function use(
  state: State,
  call: Extract<Call, { do: 'refresh' | 'present' }>,
  grace: number,
): readonly [State, string] {
  const { now } = state
  const session = state.sessions[call.session]
  if (session === undefined) return [state, 'no such session']
  const { current, expires, endsAt, rotatedAt } = session
  if ((expires[call.token] ?? 0) <= now) return [state, 'token_expired']
  if (!isLive(state, session)) return [state, 'token_revoked']
  const isParent = call.token === current - 1 && now < rotatedAt + grace
  if (call.token !== current && !isParent) return [end(state, call.session), 'refresh_reused']
  if (call.do === 'present') return [state, 'ok']
  if (isParent) return [withAccess(state, call.by, call.session), `token ${current}`]
  const next = {
    ...session,
    current: current + 1,
    rotatedAt: now,
    expires: [...expires, Math.min(now + lifetimes.refresh, endsAt)],
  }
  return [withAccess(withSession(state, call.session, next), call.by, call.session), `token ${current + 1}`]
}

function check(state: State, access: Access | undefined): string {
  if (access === undefined) return 'no such token'
  if (access.expires <= state.now) return 'token_expired'
  const session = access.session === undefined ? undefined : state.sessions[access.session]
  const isOver = session === undefined ? access.generation !== state.generation : !isLive(state, session)
  return isOver || access.revoked ? 'token_revoked' : 'ok'
}

function end(state: State, id: number): State {
  const session = state.sessions[id]
  return session === undefined ? state : withSession(state, id, { ...session, live: false })
}

const withSession = (state: State, id: number, session: Session): State => ({
  ...state,
  sessions: { ...state.sessions, [id]: session },
})

function withAccess(state: State, by: number, session: number | undefined): State {
  const endsAt = session === undefined ? Infinity : (state.sessions[session]?.endsAt ?? Infinity)
  const expires = Math.min(state.now + lifetimes.access, endsAt)
  const access = { session, generation: state.generation, expires, revoked: false }
  return { ...state, access: { ...state.access, [by]: access } }
}

/**
 * The states in which the machine can be after calls that were made at the same time and were told `outcomes`: one for
 * each order of the calls that explains them. None, if no order does.
 */
export function explain(
  states: readonly State[],
  calls: readonly Call[],
  outcomes: readonly string[],
  grace: number,
): readonly State[] {
  const found = new Map<string, State>()
  for (const state of states) {
    for (const order of ordersOf(calls.map((_, at) => at))) {
      let reached: State | undefined = state
      for (const at of order) {
        const [next, said]: readonly [State, string] = apply(reached, calls[at]!, grace)
        reached = isSame(said, outcomes[at]!, calls.length) ? next : undefined
        if (reached === undefined) break
      }
      if (reached !== undefined) found.set(JSON.stringify(reached), reached)
    }
  }
  return [...found.values()]
}

/** Of two calls that find the same reuse at the same time both may say so, although the first has ended the session. */
function isSame(expected: string, actual: string, calls: number): boolean {
  return expected === actual || (calls > 1 && expected === 'token_revoked' && actual === 'refresh_reused')
}

function ordersOf(items: readonly number[]): readonly (readonly number[])[] {
  if (items.length <= 1) return [items]
  return items.flatMap((item) =>
    ordersOf(items.filter((other) => other !== item)).map((rest) => [item].concat(rest)),
  )
}
