import {
  type Answer,
  type Call,
  type CheckedCall,
  type Name,
  type Request,
  type Rules,
  SLACK,
} from './history.js'

/** One session as the contract has it. Never changed: a step makes another. */
export interface SessionState {
  readonly isLive: boolean
  /** `?7`: the successor that call 7 made, whose answer nobody saw. */
  readonly current: Name
  readonly parent?: Name | undefined
  /** The call that replaced the parent, at some time between its start and its end. */
  readonly rotatedBy?: Pick<Call, 'id' | 'start' | 'end'> | undefined
  /** Access tokens that were revoked one by one. */
  readonly revoked: readonly Name[]
  /** A used token was presented, and the one who did it does not know whether the session has ended by now. */
  readonly isDoomed: boolean
}

/** The states that a session may have after a call; none: its answer is wrong in this state. */
export type Next = readonly SessionState[]

type Refresh = Extract<Request, { kind: 'refresh' | 'present' }>

export function opened(current: Name): SessionState {
  return { isLive: true, current, revoked: [], isDoomed: false }
}

export function ended(session: SessionState): SessionState {
  return { ...session, isLive: false, isDoomed: false }
}

/** A check or list that saw the session, or did not. Where it may have ended by itself, not seeing it means it has. */
export function seen(session: SessionState, isSeen: boolean): Next {
  if (session.isLive === isSeen) return [session]
  return session.isDoomed && !isSeen ? [ended(session)] : []
}

export function stepCheck(session: SessionState, token: Name, answer: Answer): Next {
  const isRevoked = session.revoked.includes(token)
  if (answer.kind === 'done') return isRevoked ? [] : seen(session, true)
  if (answer.kind !== 'refused' || answer.code !== 'token_revoked') return []
  return isRevoked ? [session] : seen(session, false)
}

export function stepRevoke(session: SessionState, token: Name): Next {
  if (session.revoked.includes(token)) return [session]
  return [{ ...session, revoked: [...session.revoked, token].toSorted() }]
}

/** `count` is missing where the caller was not told. */
export function stepEnd(session: SessionState, answer: Answer): Next {
  if (answer.kind === 'ended' && answer.count > 0) return session.isLive ? [ended(session)] : []
  if (answer.kind === 'ended' && session.isLive && !session.isDoomed) return []
  return [session.isLive ? ended(session) : session]
}

/** `refresh` and the check of a refresh token. */
export function stepPresent(session: SessionState, call: CheckedCall, request: Refresh, rules: Rules): Next {
  const { answer } = call
  const standing = standingsOf(session, call, request.token, rules)
  if (answer.kind === 'unknown') return stepUnknown(session, call, request, standing)
  if (answer.kind === 'refused') return stepRefused(session, answer.code, standing)
  if (!session.isLive) return []
  if (answer.kind === 'done') return standing.isCurrent || standing.mayRepeat ? [session] : []
  if (answer.kind !== 'tokens' || answer.refresh === undefined) return []
  return standing.isCurrent
    ? [rotated(session, call, request.token, answer.refresh)]
    : repeated(session, standing, answer.refresh)
}

interface Standing {
  readonly isCurrent: boolean
  /** It may be inside the grace. */
  readonly mayRepeat: boolean
  /** It was used before, and may be outside the grace. */
  readonly mayBeReused: boolean
}

/** A token that is neither current nor parent was current once: its holder got it from this session. */
function standingsOf(session: SessionState, call: Call, token: Name, rules: Rules): Standing {
  const isCurrent = token === session.current
  const { rotatedBy, parent } = session
  if (isCurrent || token !== parent || rotatedBy === undefined) {
    return { isCurrent, mayRepeat: false, mayBeReused: !isCurrent }
  }
  if (rules.grace === 0) return { isCurrent, mayRepeat: false, mayBeReused: true }
  if (rules.isServerClockSet === true) return { isCurrent, mayRepeat: true, mayBeReused: true }
  return {
    isCurrent,
    mayRepeat: call.start < rotatedBy.end + rules.grace + SLACK,
    mayBeReused: call.end > rotatedBy.start + rules.grace - SLACK,
  }
}

function rotated(session: SessionState, call: Call, parent: Name, current: Name): SessionState {
  const { id, start, end } = call
  return { ...session, current, parent, rotatedBy: { id, start, end } }
}

/** Inside the grace the parent gets the successor that is there, and nothing moves. */
function repeated(session: SessionState, { mayRepeat }: Standing, successor: Name): Next {
  if (!mayRepeat) return []
  if (session.current === successor) return [session]
  return session.current.startsWith('?') ? [{ ...session, current: successor }] : []
}

/** The session may have been ended by another call between the moment when the token was judged and the answer. */
function stepRefused(session: SessionState, code: string, { mayBeReused }: Standing): Next {
  if (code === 'token_revoked') return seen(session, false)
  if (code !== 'refresh_reused' || !mayBeReused) return []
  return [session.isLive ? ended(session) : session]
}

/**
 * A refresh whose client was told nothing has rotated, or has ended the session because its token had been used before.
 * The latter it decides while the client still waits: a client that tries again must not be taken for a thief.
 */
function stepUnknown(session: SessionState, call: CheckedCall, { token }: Refresh, standing: Standing): Next {
  if (!session.isLive) return []
  if (call.half === 'rotated') return standing.isCurrent ? [rotated(session, call, token, `?${call.id}`)] : []
  const mayDoom = standing.mayBeReused && session.rotatedBy?.id !== call.id && !session.isDoomed
  return mayDoom ? [{ ...session, isDoomed: true }] : []
}

export function keyOf({ isLive, current, parent, rotatedBy, revoked, isDoomed }: SessionState): string {
  return `${isLive ? 1 : 0}${isDoomed ? 1 : 0} ${current} ${parent ?? ''} ${rotatedBy?.id ?? ''} ${revoked.join()}`
}
