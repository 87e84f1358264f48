import {
  type Call,
  type CheckedCall,
  type History,
  type Name,
  type Rules,
  sessionOf,
  SLACK,
} from './history.js'

/** Calls that touch may be in either order, and these must not. */
const A_MOMENT = 0.001

/** What of a history is explained by itself. */
export interface Part {
  readonly name: string
  readonly calls: readonly CheckedCall[]
}

/**
 * Each session by itself, and the tokens without one. So `revokeAll` may end sessions at different moments of its call,
 * and only a session that was opened before the call must end.
 */
export function splitHistory(history: History, rules: Rules): readonly Part[] {
  const calls = prepare(history, rules)
  const sessions = new Set(history.flatMap(namesIn))
  return [
    ...[...sessions].map((name) => ({ name, calls: calls.flatMap((call) => ofSession(call, name)) })),
    { name: 'tokens without a session', calls: calls.flatMap(withoutSession) },
  ]
}

/** The subject as a whole: one order for all, and every number and list exactly. */
export function wholeHistory(history: History, rules: Rules): readonly Part[] {
  return [{ name: 'all of the subject', calls: prepare(history, rules) }]
}

function namesIn(call: Call): readonly Name[] {
  if (call.answer.kind === 'listed') return call.answer.sessions
  // The session of a login that nobody heard of is one that somebody saw.
  if (call.request.kind === 'login' && call.answer.kind === 'unknown') return []
  const name = sessionOf(call)
  return name === undefined ? [] : [name]
}

function ofSession(call: CheckedCall, name: Name): readonly CheckedCall[] {
  const { request, answer } = call
  if (request.kind === 'revokeAll')
    return request.except === name ? [] : [{ ...call, answer: { kind: 'done' } }]
  if (request.kind === 'loss') return [call]
  if (answer.kind === 'listed') {
    return [{ ...call, answer: { ...answer, sessions: answer.sessions.filter((listed) => listed === name) } }]
  }
  return sessionOf(call) === name ? [call] : []
}

function withoutSession(call: CheckedCall): readonly CheckedCall[] {
  const { kind } = call.request
  if (kind === 'revokeAll') return [{ ...call, answer: { kind: 'done' } }]
  return kind === 'loss' || (kind !== 'list' && sessionOf(call) === undefined) ? [call] : []
}

function prepare(history: History, rules: Rules): readonly CheckedCall[] {
  return history.flatMap((call): readonly CheckedCall[] => {
    if (call.answer.kind !== 'unknown') {
      return [{ ...call, start: earliest(call, history, rules), isOptional: false }]
    }
    const open = { ...call, end: Infinity, isOptional: true }
    switch (call.request.kind) {
      // Nobody learns what these would have told.
      case 'check':
      case 'list':
      case 'issue':
        return []
      case 'present':
        return [{ ...call, isOptional: true, half: 'judged' }]
      case 'refresh':
        return [
          { ...call, isOptional: true, half: 'judged' },
          { ...open, half: 'rotated' },
        ]
      default:
        return [open]
    }
  })
}

/**
 * With `maxStaleness` a process may accept a token by what the store said up to that long ago, but not by what it said
 * before this process itself ended something.
 */
function earliest(call: Call, history: History, { maxStaleness }: Rules): number {
  const { request, answer, start, process } = call
  if (maxStaleness === 0 || request.kind !== 'check' || answer.kind !== 'done') return start
  const ended = history.filter((other) => other.process === process && other.end < start && hasEnded(other))
  return Math.max(start - maxStaleness - SLACK, ...ended.map(({ end }) => end + A_MOMENT))
}

function hasEnded({ request: { kind }, answer }: Call): boolean {
  return answer.kind !== 'unknown' && (kind === 'revoke' || kind === 'end' || kind === 'revokeAll')
}
