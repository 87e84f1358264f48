import type { Question } from '../app/messages.js'
import type { Name, Request } from '../checker/history.js'
import { pick, pickByWeight } from './random.js'
import type { Wallet } from './wallet.js'

/** A call, as the checker sees it and as a process is asked. */
export interface Choice {
  readonly request: Request
  readonly question: Question
}

const WEIGHTS = {
  login: 2,
  refresh: 7,
  present: 1,
  check: 6,
  revoke: 1,
  end: 1,
  logout: 0.7,
  revokeAll: 0.7,
  list: 2,
  issue: 1,
}

/** What a client asks next, with what the clients hold. `call` is its number. */
export function choose(random: () => number, subject: string, wallet: Wallet, call: number): Choice {
  if (wallet.access.length === 0) return logIn(subject, call)
  const kind = pickByWeight(random, WEIGHTS)
  switch (kind) {
    case 'login':
      return logIn(subject, call)
    case 'list':
    case 'issue':
      return { request: { kind }, question: { kind, subject } }
    case 'revokeAll':
      return revokeAll(random, subject, wallet)
    case 'end':
      return endSession(random, subject, wallet) ?? logIn(subject, call)
    case 'check':
    case 'revoke':
      return useAccessToken(random, kind, wallet)
    default:
      return useRefreshToken(random, kind, wallet) ?? logIn(subject, call)
  }
}

export function logIn(subject: string, call: number): Choice {
  return { request: { kind: 'login' }, question: { kind: 'login', subject, call } }
}

export function listSessions(subject: string): Choice {
  return { request: { kind: 'list' }, question: { kind: 'list', subject } }
}

function revokeAll(random: () => number, subject: string, wallet: Wallet): Choice {
  const kept = random() < 0.4 ? pick(random, [...wallet.sessions]) : undefined
  const [name, id] = kept ?? []
  return {
    request: { kind: 'revokeAll', except: name },
    question: { kind: 'revokeAll', subject, except: id },
  }
}

function endSession(random: () => number, subject: string, wallet: Wallet): Choice | undefined {
  const chosen = pick(random, [...wallet.sessions])
  if (chosen === undefined) return undefined
  const [session, sessionId] = chosen
  const owner = random() < 0.5 ? subject : undefined
  return { request: { kind: 'end', session }, question: { kind: 'end', sessionId, subject: owner } }
}

function useAccessToken(random: () => number, kind: 'check' | 'revoke', wallet: Wallet): Choice {
  // Mostly one of the last.
  const token = pick(random, random() < 0.6 ? wallet.access.slice(-3) : wallet.access)
  if (token === undefined) throw new Error('The clients hold no access token.')
  const { name, session, text } = token
  return { request: { kind, session, token: name }, question: { kind, token: text } }
}

function useRefreshToken(
  random: () => number,
  kind: 'refresh' | 'present' | 'logout',
  { refresh }: Wallet,
): Choice | undefined {
  const chosen = pick(random, [...new Set(refresh.map(({ session }) => session))].slice(-3))
  const family = refresh.filter(({ session }) => session === chosen)
  const token = random() < 0.7 ? family.at(-1) : pick(random, family.slice(-3))
  if (token?.session === undefined) return undefined
  const { name, session, text } = token
  if (kind === 'logout')
    return { request: { kind: 'end', session }, question: { kind: 'revoke', token: text } }
  return { request: { kind, session, token: name }, question: { kind, token: text } }
}

/** At the end: what each session's last tokens are worth. */
export function lastTokensOf(wallet: Wallet): readonly Choice[] {
  const last = <T extends { readonly session: Name | undefined }>(tokens: readonly T[]): readonly T[] => [
    ...new Map(tokens.map((token) => [token.session, token])).values(),
  ]
  return [
    ...last(wallet.access).map(({ name, session, text }): Choice => ({
      request: { kind: 'check', session, token: name },
      question: { kind: 'check', token: text },
    })),
    ...last(wallet.refresh).flatMap(({ name, session, text }): readonly Choice[] =>
      session === undefined
        ? []
        : [
            {
              request: { kind: 'refresh', session, token: name },
              question: { kind: 'refresh', token: text },
            },
          ],
    ),
  ]
}
