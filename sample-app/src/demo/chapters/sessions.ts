import assert from 'node:assert/strict'
import { z } from 'zod'
import { claimsIn, holds, isDead, isGood, refresh, refused, signIn, tokensOf } from '../checks.js'
import type { Memory, Step } from '../step.js'
import { newcomer } from './shop.js'

const phone = 'Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0'
const laptop = 'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0'

const Sessions = z.array(
  z.object({
    id: z.string(),
    current: z.boolean(),
    lastUsedAt: z.iso.datetime(),
    metadata: z.object({ device: z.string() }),
  }),
)

/** One user on several devices: refreshing, a stolen refresh token, and the ways to sign out. */
export const sessions: readonly Step[] = [
  signIn('phone', newcomer, { device: phone, proves: 'the newcomer signs in on a phone' }),
  signIn('laptop', newcomer, { device: laptop, proves: 'and on a laptop' }),
  {
    method: 'GET',
    path: '/auth/sessions',
    as: 'laptop',
    status: 200,
    proves: 'every session is listed, with its device and when it was last used',
    check: ({ body }, memory) => {
      const listed = Sessions.parse(body)
      assert.deepEqual(listed.map(({ metadata }) => metadata.device).toSorted(), [
        'Firefox on Android',
        'Firefox on Linux',
        'node',
      ])
      assert.equal(listed.find(({ current }) => current)?.metadata.device, 'Firefox on Linux')
      memory.sessionId = listed.find(({ metadata }) => metadata.device === 'node')?.id ?? ''
    },
  },
  {
    method: 'DELETE',
    path: theSession,
    as: 'member',
    status: 404,
    proves: "nobody ends another's session, or learns that it is there",
  },
  {
    method: 'DELETE',
    path: theSession,
    as: 'laptop',
    status: 204,
    proves: 'the newcomer ends the one from the beginning of this story',
  },
  isDead('newcomer', 'and its access token is dead at once'),

  refresh('phone', {
    proves: 'a refresh token gets the next pair of tokens',
    check: (answer, memory) => {
      memory.tokens.set('thief', tokensOf(memory, 'phone'))
      holds('phone')(answer, memory)
    },
  }),
  refresh(
    'phone',
    {
      proves: 'the same one again (a second tab, a lost answer) gets that pair again',
      check: (answer, memory) => {
        const before = refreshTokenId(memory)
        holds('phone')(answer, memory)
        assert.equal(refreshTokenId(memory), before)
      },
    },
    'thief',
  ),
  refresh('phone', { proves: 'the phone goes on with that pair, and so uses it' }),
  isGood('phone', 'and is still signed in'),
  refresh(
    'thief',
    {
      status: 401,
      proves: 'an old refresh token, used again now, is a stolen one',
      check: refused('refresh_reused'),
    },
    'thief',
  ),
  isDead('phone', "so the session is over: the phone's access token is dead"),
  refresh('phone', {
    status: 401,
    proves: 'and so is its newest refresh token',
    check: refused('token_revoked'),
  }),
  isGood('laptop', 'other sessions go on'),

  {
    method: 'POST',
    path: '/auth/logout',
    as: 'laptop',
    status: 204,
    proves: 'the laptop signs out',
    check: (_, memory) => {
      const { exp } = claimsIn(tokensOf(memory, 'laptop').access_token)
      assert.ok(Number(exp) * 1000 > Date.now() + 60_000)
    },
  },
  isDead('laptop', 'and its access token is refused, though it has not expired'),
  {
    method: 'POST',
    path: '/auth/logout',
    as: 'laptop',
    status: 204,
    proves: 'to sign out twice is no error',
  },

  signIn('phone', newcomer, { device: phone, proves: 'once more the newcomer signs in on the phone' }),
  signIn('laptop', newcomer, { device: laptop, proves: 'and on the laptop' }),
  { method: 'POST', path: '/auth/logout-all', as: 'laptop', status: 204, proves: 'and signs out everywhere' },
  isDead('phone', 'which ends the session on the phone'),
  isDead('laptop', 'and the one on the laptop'),
]

function theSession({ sessionId }: Memory): string {
  return `/auth/sessions/${sessionId}`
}

function refreshTokenId(memory: Memory): unknown {
  return claimsIn(tokensOf(memory, 'phone').refresh_token)['jti']
}
