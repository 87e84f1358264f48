import { describe, expect, it } from '@jest/globals'
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

/** Each breaks one promise, by the calls whose numbers are given: shrinking finds these and no others. */
const wrong: Record<string, { rules?: Rules; history: History; guilty: readonly number[] }> = {
  'a revoked access token is accepted after the revocation has returned': {
    history: [login(1, [0, 1]), revoke(2, [2, 3], 'a1'), check(3, [4, 5], 'a1', DONE), list(4, [6, 7], 's1')],
    guilty: [2, 3],
  },
  'a token is accepted after its session was ended': {
    history: [login(1, [0, 1]), check(2, [1, 2], 'a1', DONE), end(3, [3, 4]), check(4, [5, 6], 'a1', DONE)],
    guilty: [3, 4],
  },
  'a token is accepted after revokeAll': {
    history: [login(1, [0, 1]), revokeAll(2, [2, 3]), check(3, [4, 5], 'a1', DONE)],
    guilty: [2, 3],
  },
  'a token without a session is accepted after revokeAll': {
    history: [issue(1, [0, 1]), revokeAll(2, [2, 3]), checkAlone(3, [4, 5], 'a1', DONE)],
    guilty: [2, 3],
  },
  'a token without a session that was issued after revokeAll is refused': {
    history: [revokeAll(1, [0, 1]), issue(2, [2, 3]), checkAlone(3, [4, 5], 'a2', REVOKED)],
    guilty: [2, 3],
  },
  'two branches: a used token gets another successor': {
    history: [login(1, [0, 1]), refresh(2, [2, 3], 'r1'), refresh(3, [4, 5], 'r1')],
    guilty: [2, 3],
  },
  'two branches of two refreshes at the same time': {
    history: [login(1, [0, 1]), refresh(2, [2, 9], 'r1'), refresh(3, [3, 8], 'r1')],
    guilty: [2, 3],
  },
  'the parent is repeated although its successor was used': {
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 3], 'r1'),
      refresh(3, [4, 5], 'r2'),
      refresh(4, [6, 7], 'r1', 2),
    ],
    guilty: [3, 4],
  },
  'without a grace two get the same successor': {
    rules: NO_GRACE,
    history: [login(1, [0, 1]), refresh(2, [2, 9], 'r1'), refresh(3, [3, 8], 'r1', 2)],
    guilty: [2, 3],
  },
  'the parent is repeated after the grace': {
    rules: SHORT,
    history: [login(1, [0, 1]), refresh(2, [2, 3], 'r1'), refresh(3, [200, 201], 'r1', 2)],
    guilty: [2, 3],
  },
  'inside the grace the parent is taken for stolen': {
    rules: SHORT,
    history: [login(1, [0, 1]), refresh(2, [2, 3], 'r1'), refresh(3, [50, 51], 'r1', REUSED)],
    guilty: [3],
  },
  'the current token is taken for stolen': {
    history: [login(1, [0, 1]), refresh(2, [2, 3], 'r1', REUSED)],
    guilty: [2],
  },
  'the session lives on after a used token came back': {
    rules: NO_GRACE,
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 3], 'r1'),
      present(3, [4, 5], 'r1', REUSED),
      check(4, [6, 7], 'a2', DONE),
    ],
    guilty: [3, 4],
  },
  'a used token is accepted where it is presented': {
    rules: NO_GRACE,
    history: [login(1, [0, 1]), refresh(2, [2, 3], 'r1'), present(3, [4, 5], 'r1', DONE)],
    guilty: [2, 3],
  },
  'a session comes back from the dead': {
    history: [
      login(1, [0, 1]),
      end(2, [2, 900], UNKNOWN),
      check(3, [10, 11], 'a1', REVOKED),
      check(4, [12, 13], 'a1', DONE),
    ],
    guilty: [3, 4],
  },
  'a session is on the list again': {
    history: [login(1, [0, 1]), revokeAll(2, [2, 90], UNKNOWN), list(3, [10, 11]), list(4, [12, 13], 's1')],
    guilty: [3, 4],
  },
  'an acknowledged login is lost': {
    history: [login(1, [0, 1]), list(2, [2, 3])],
    guilty: [1, 2],
  },
  'a live session is refused': {
    history: [login(1, [0, 1]), check(2, [2, 3], 'a1', REVOKED)],
    guilty: [2],
  },
  'a session is ended that nobody has ended': {
    history: [login(1, [0, 1]), revokeAll(2, [2, 3], DONE, 's1'), refresh(3, [4, 5], 'r1', REVOKED)],
    guilty: [3],
  },
  'a live session is said not to be there': {
    history: [login(1, [0, 1]), end(2, [2, 3], count(0)), check(3, [4, 5], 'a1', DONE)],
    guilty: [2],
  },
  'a session is ended twice': {
    history: [login(1, [0, 1]), end(2, [2, 9], count(1)), end(3, [2, 9], count(1))],
    guilty: [2, 3],
  },
  'a session is listed that nobody has opened': { history: [list(1, [0, 1], 's9')], guilty: [1] },
  'a session is listed before its login began': {
    history: [list(1, [0, 1], 's2'), login(2, [2, 3])],
    guilty: [1],
  },
  'a client that tries again after a 503 is taken for a thief, when the first try comes through': {
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 10], 'r1', UNKNOWN),
      refresh(3, [20, 30], 'r1'),
      refresh(4, [31, 32], 'r3'),
      check(5, [40, 50], 'a4', REVOKED),
    ],
    guilty: [5],
  },
  'a refresh of unknown outcome and its repetition have two successors': {
    history: [
      login(1, [0, 1]),
      refresh(2, [2, 10], 'r1', UNKNOWN),
      refresh(3, [20, 30], 'r1'),
      refresh(4, [21, 31], 'r1'),
    ],
    guilty: [3, 4],
  },
  'an answer is older than maxStaleness': {
    rules: STALE,
    history: [login(1, [0, 1]), end(2, [2, 3]), check(3, [150, 151], 'a1', DONE, 'p2')],
    guilty: [2, 3],
  },
  'the process that ended a session remembers it': {
    rules: STALE,
    history: [login(1, [0, 1]), end(2, [2, 3]), check(3, [5, 6], 'a1', DONE)],
    guilty: [2, 3],
  },
  'a session lives on after the server lost everything': {
    history: [login(1, [0, 1]), loss(2, [2, 30]), check(3, [31, 32], 'a1', DONE)],
    guilty: [2, 3],
  },
}

describe('a history that breaks a promise is refused, and shrunk to what breaks it', () => {
  it.each(Object.entries(wrong))('%s', (_, { rules = LONG, history, guilty }) => {
    const { contradictions, undecided } = checkHistory(history, rules)

    expect(undecided).toEqual([])
    expect(contradictions.map(({ calls }) => calls.map(({ id }) => id))).toEqual([guilty])
  })
})

describe('as a whole', () => {
  it('sessions that revokeAll ended at different moments are refused, and each by itself is not', () => {
    const history = [
      login(1, [0, 1]),
      revokeAll(2, [2, 20]),
      login(3, [4, 5]),
      list(4, [6, 7], 's1', 's3'),
      list(5, [30, 31], 's3'),
    ]

    expect(checkHistory(history, LONG).contradictions).toEqual([])
    expect(checkHistory(history, LONG, { asWhole: true }).contradictions).toHaveLength(1)
  })

  it('a wrong number of ended sessions is refused', () => {
    const history = [login(1, [0, 1]), login(2, [0, 1]), revokeAll(3, [2, 3], count(1))]

    expect(checkHistory(history, LONG, { asWhole: true }).contradictions).toHaveLength(1)
  })
})
