import { expect, it } from '@jest/globals'
import { checkHistory } from './check-history.js'
import type { History, Rules } from './history.js'
import {
  check,
  checkAlone,
  count,
  DONE,
  end,
  issue,
  list,
  login,
  loss,
  present,
  refresh,
  REUSED,
  REVOKED,
  revoke,
  revokeAll,
  UNKNOWN,
} from './write-history.js'

const LONG: Rules = { grace: 60_000, maxStaleness: 0 }
const SHORT: Rules = { grace: 100, maxStaleness: 0 }
const NO_GRACE: Rules = { grace: 0, maxStaleness: 0 }
const STALE: Rules = { grace: 60_000, maxStaleness: 100 }

const right: Record<string, { rules?: Rules; history: History }> = {
  'refreshes at the same time get one successor, whichever was first': {
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 9], 'r1', 3),
      refresh(3, [3, 8], 'r1', 3),
      refresh(4, [10, 11], 'r1', 3),
      refresh(5, [12, 13], 'r3'),
    ],
  },
  'a token is accepted while its revocation is on its way, and refused a moment later': {
    history: [
      login(1, [0, 1]),
      revoke(2, [2, 20], 'a1'),
      check(3, [10, 11], 'a1', DONE),
      check(4, [12, 13], 'a1', REVOKED),
    ],
  },
  'a revocation of unknown outcome is done much later': {
    history: [
      login(1, [0, 1]),
      end(2, [2, 20], UNKNOWN),
      check(3, [900, 901], 'a1', DONE),
      check(4, [990, 991], 'a1', REVOKED),
    ],
  },
  'a revocation of unknown outcome is never done': {
    history: [login(1, [0, 1]), revokeAll(2, [2, 20], UNKNOWN), check(3, [900, 901], 'a1', DONE)],
  },
  'a refresh of unknown outcome has rotated, and its repetition learns the successor': {
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 20], 'r1', UNKNOWN),
      refresh(3, [30, 31], 'r1'),
      refresh(4, [30, 32], 'r1', 3),
      refresh(5, [33, 34], 'r3'),
    ],
  },
  'a refresh of unknown outcome rotates late': {
    rules: NO_GRACE,
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 20], 'r1', UNKNOWN),
      present(3, [30, 31], 'r1', DONE),
      refresh(4, [32, 33], 'r1', REUSED),
    ],
  },
  'a used token was presented, and its client does not know that the session has ended': {
    rules: NO_GRACE,
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 3], 'r1'),
      refresh(3, [4, 9], 'r1', UNKNOWN),
      check(4, [10, 11], 'a2', DONE),
      list(5, [12, 13]),
      check(6, [14, 15], 'a2', REVOKED),
    ],
  },
  'a used token came back, and at the same time somebody logged out': {
    rules: NO_GRACE,
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 3], 'r1'),
      refresh(3, [4, 20], 'r1', REUSED),
      end(4, [5, 19], count(1)),
    ],
  },
  'a login of unknown outcome has opened a session after all': {
    history: [login(1, [0, 1], UNKNOWN), list(2, [2, 3]), list(3, [4, 5], 's1'), end(4, [6, 7], count(1))],
  },
  'a login at the same time as revokeAll may live, or not': {
    history: [revokeAll(1, [0, 9]), login(2, [1, 2]), login(3, [1, 2]), list(4, [10, 11], 's3')],
  },
  'revokeAll ends all but one': {
    history: [
      login(1, [0, 1]),
      login(2, [0, 1]),
      issue(3, [0, 1]),
      revokeAll(4, [2, 3], count(1), 's1'),
      check(5, [4, 5], 'a1', DONE),
      checkAlone(6, [4, 5], 'a3', REVOKED),
      list(7, [4, 5], 's1'),
    ],
  },
  'at the end of the grace either is right': {
    rules: SHORT,
    history: [login(1, [0, 1]), refresh(2, [10, 30], 'r1'), refresh(3, [120, 121], 'r1', 2)],
  },
  'after the grace the parent is stolen': {
    rules: SHORT,
    history: [
      login(1, [0, 1]),
      refresh(2, [10, 30], 'r1'),
      refresh(3, [160, 161], 'r1', REUSED),
      check(4, [162, 163], 'a2', REVOKED),
    ],
  },
  'a server whose clock was set goes by it': {
    rules: { ...SHORT, isServerClockSet: true },
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 3], 'r1'),
      refresh(3, [900, 901], 'r1', 2),
      refresh(4, [902, 903], 'r1', REUSED),
    ],
  },
  'inside the grace the parent may still be presented': {
    history: [login(1, [0, 1]), refresh(2, [2, 3], 'r1'), present(3, [4, 5], 'r1', DONE)],
  },
  'another process remembers for as long as maxStaleness': {
    rules: STALE,
    history: [
      login(1, [0, 1]),
      end(2, [2, 3]),
      check(3, [90, 91], 'a1', DONE, 'p2'),
      check(4, [92, 93], 'a1', REVOKED, 'p3'),
    ],
  },
  'what the server lost while it was down': {
    history: [
      login(1, [0, 1]),
      loss(2, [10, 90]),
      check(3, [11, 12], 'a1', DONE),
      refresh(4, [91, 92], 'r1', REVOKED),
      login(5, [93, 94]),
      list(6, [95, 96], 's5'),
    ],
  },
}

it.each(Object.entries(right))('%s', (_, { rules = LONG, history }) => {
  for (const asWhole of [false, true]) {
    expect(checkHistory(history, rules, { asWhole })).toEqual({ contradictions: [], undecided: [] })
  }
})
