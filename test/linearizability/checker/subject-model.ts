import type { CheckedCall, Name, Rules } from './history.js'
import type { Model } from './search.js'
import {
  ended,
  keyOf,
  opened,
  seen,
  type SessionState,
  stepCheck,
  stepEnd,
  stepPresent,
  stepRevoke,
} from './session-state.js'

/** All of one subject, or a part of it where the history was reduced to that part. */
export interface SubjectState {
  readonly sessions: ReadonlyMap<Name, SessionState>
  /** The access tokens without a session that are good. */
  readonly alone: readonly Name[]
}

/** The contract of `TokenService`, one call after the other: what may be answered, and what is then. */
export function subjectModel(rules: Rules): Model<SubjectState, CheckedCall> {
  return {
    initial: { sessions: new Map(), alone: [] },
    step: (state, call) => step(state, call, rules),
    keyOf: ({ sessions, alone }) =>
      [...sessions]
        .map(([name, session]) => `${name} ${keyOf(session)}`)
        .toSorted()
        .join('\n') + alone.join(),
  }
}

function step(state: SubjectState, call: CheckedCall, rules: Rules): readonly SubjectState[] {
  const { request, answer } = call
  const inSession = (next: (session: SessionState) => readonly SessionState[], name: Name) => {
    const session = state.sessions.get(name)
    if (session === undefined) return []
    return next(session).map((changed) => (changed === session ? state : withSession(state, name, changed)))
  }
  switch (request.kind) {
    case 'login':
      return stepLogin(state, call)
    case 'refresh':
    case 'present':
      return inSession((session) => stepPresent(session, call, request, rules), request.session)
    case 'check':
      return request.session === undefined
        ? stepCheckAlone(state, request.token, answer.kind === 'done')
        : inSession((session) => stepCheck(session, request.token, answer), request.session)
    case 'revoke':
      return request.session === undefined
        ? [
            withAlone(
              state,
              state.alone.filter((token) => token !== request.token),
            ),
          ]
        : inSession((session) => stepRevoke(session, request.token), request.session)
    case 'end':
      return inSession((session) => stepEnd(session, answer), request.session)
    case 'issue':
      return answer.kind === 'tokens' ? [withAlone(state, [...state.alone, answer.access])] : [state]
    case 'revokeAll':
      return stepRevokeAll(state, request.except, answer.kind === 'ended' ? answer.count : undefined)
    case 'list':
      return answer.kind === 'listed' ? stepList(state, answer.sessions) : []
    case 'loss':
      return [endAll(state, undefined)]
  }
}

function stepLogin(state: SubjectState, { id, answer }: CheckedCall): readonly SubjectState[] {
  if (answer.kind === 'unknown') return [withSession(state, `s${id}`, opened(`?${id}`))]
  if (answer.kind !== 'tokens' || answer.refresh === undefined) return []
  return [withSession(state, `s${id}`, opened(answer.refresh))]
}

function stepCheckAlone(state: SubjectState, token: Name, isAccepted: boolean): readonly SubjectState[] {
  return state.alone.includes(token) === isAccepted ? [state] : []
}

function stepRevokeAll(state: SubjectState, except: Name | undefined, count: number | undefined) {
  const live = [...state.sessions].filter(([name, session]) => session.isLive && name !== except)
  const sure = live.filter(([, session]) => !session.isDoomed)
  if (count !== undefined && (count < sure.length || count > live.length)) return []
  return [endAll(state, except)]
}

function stepList(state: SubjectState, listed: readonly Name[]): readonly SubjectState[] {
  if (listed.some((name) => !state.sessions.has(name))) return []
  let after = state
  for (const [name, session] of state.sessions) {
    const [next] = seen(session, listed.includes(name))
    if (next === undefined) return []
    if (next !== session) after = withSession(after, name, next)
  }
  return [after]
}

function endAll(state: SubjectState, except: Name | undefined): SubjectState {
  const all = [...state.sessions].map(
    ([name, session]) => [name, name === except ? session : ended(session)] as const,
  )
  return { sessions: new Map(all), alone: [] }
}

function withSession(state: SubjectState, name: Name, session: SessionState): SubjectState {
  return { ...state, sessions: new Map(state.sessions).set(name, session) }
}

function withAlone(state: SubjectState, alone: readonly Name[]): SubjectState {
  return { ...state, alone: alone.toSorted() }
}
