import { describe, expect, it } from '@jest/globals'
import type { CookieOptions } from '@nest-jwt-auth/core'
import { adapters, type Adapter } from '../support/adapters.js'
import { startCookies, type Settings } from './app.js'
import { clearedIn, cookiesOf, keptByName } from './browser.js'

interface Case {
  name: string
  cookies: CookieOptions
  /** Of the access token: what is set, then what is cleared, as `name domain path Secure`. */
  access: readonly [set: string, ...cleared: string[]]
  refresh: readonly [set: string, ...cleared: string[]]
  /** Of the double submit. */
  csrf: readonly [set: string, ...cleared: string[]]
}

const domain = 'shop.example'
const cases: Case[] = [
  {
    name: 'the defaults',
    cookies: {},
    access: ['__Host-access_token / Secure', '__Secure-access_token / Secure', 'access_token / Secure'],
    refresh: ['__Host-refresh_token / Secure', '__Secure-refresh_token / Secure', 'refresh_token / Secure'],
    csrf: ['csrf_token / Secure'],
  },
  {
    name: 'without Secure',
    cookies: { secure: false },
    // Browsers accept these prefixes with Secure alone.
    access: ['access_token /', '__Host-access_token / Secure', '__Secure-access_token / Secure'],
    refresh: ['refresh_token /', '__Host-refresh_token / Secure', '__Secure-refresh_token / Secure'],
    csrf: ['csrf_token /'],
  },
  {
    name: 'a domain, and a path for the refresh token',
    cookies: { domain, refreshToken: { path: '/auth' } },
    // Browsers accept __Host- without a domain and on / alone.
    access: [
      `__Secure-access_token ${domain} / Secure`,
      '__Secure-access_token / Secure',
      '__Host-access_token / Secure',
      'access_token / Secure',
      `access_token ${domain} / Secure`,
    ],
    refresh: [
      `__Secure-refresh_token ${domain} /auth Secure`,
      '__Secure-refresh_token / Secure',
      '__Secure-refresh_token /auth Secure',
      `__Secure-refresh_token ${domain} / Secure`,
      '__Host-refresh_token / Secure',
      'refresh_token / Secure',
      'refresh_token /auth Secure',
      `refresh_token ${domain} / Secure`,
      `refresh_token ${domain} /auth Secure`,
    ],
    csrf: [`csrf_token ${domain} / Secure`, 'csrf_token / Secure'],
  },
  {
    name: 'names of their own, one like a prefix',
    cookies: {
      secure: false,
      accessToken: { name: 'my__host-at' },
      refreshToken: { name: 'rt', path: '/auth' },
    },
    access: [
      'my__host-at /',
      '__Host-access_token / Secure',
      '__Secure-access_token / Secure',
      'access_token /',
    ],
    refresh: [
      'rt /auth',
      'rt /',
      '__Host-refresh_token / Secure',
      '__Secure-refresh_token / Secure',
      '__Secure-refresh_token /auth Secure',
      'refresh_token /',
      'refresh_token /auth',
    ],
    csrf: ['csrf_token /'],
  },
  {
    name: 'names like a prefix, a domain and a path',
    cookies: {
      domain,
      secure: false,
      accessToken: { name: 'my__host-at' },
      refreshToken: { name: 'my__host-rt', path: '/auth' },
    },
    access: [
      `my__host-at ${domain} /`,
      'my__host-at /',
      '__Host-access_token / Secure',
      '__Secure-access_token / Secure',
      `__Secure-access_token ${domain} / Secure`,
      'access_token /',
      `access_token ${domain} /`,
    ],
    refresh: [
      `my__host-rt ${domain} /auth`,
      'my__host-rt /',
      'my__host-rt /auth',
      `my__host-rt ${domain} /`,
      '__Host-refresh_token / Secure',
      '__Secure-refresh_token / Secure',
      '__Secure-refresh_token /auth Secure',
      `__Secure-refresh_token ${domain} / Secure`,
      `__Secure-refresh_token ${domain} /auth Secure`,
      'refresh_token /',
      'refresh_token /auth',
      `refresh_token ${domain} /`,
      `refresh_token ${domain} /auth`,
    ],
    csrf: [`csrf_token ${domain} /`, 'csrf_token /'],
  },
]

type Seen = ReturnType<typeof clearedIn>[number]

const shown = ({ name, attributes: { domain, path, secure } }: Seen): string =>
  [name, domain, path, secure === undefined ? undefined : 'Secure']
    .filter((part) => part !== undefined)
    .join(' ')

describe.each(adapters)('the cookies of a login and of a logout on $name', (adapter: Adapter) => {
  it.each(cases)('are these, and those that other settings left: $name', async (one) => {
    const csrf: Settings['csrf'] = { doubleSubmit: true }
    const app = await startCookies(adapter, { cookies: one.cookies, csrf })
    const all = [one.access, one.refresh, one.csrf]

    const login = await app.post('/own/login', undefined)
    expect([...cookiesOf(login).values()].map(shown).toSorted()).toEqual(all.map(([set]) => set).toSorted())
    expect(clearedIn(login).map(shown).toSorted()).toEqual(all.flatMap(([, ...left]) => left).toSorted())
    // What a client is left with whose jar goes by the name alone.
    expect([...keptByName(login).values()].map(shown).toSorted()).toEqual(all.map(([set]) => set).toSorted())
    const logout = await app.post('/own/logout', undefined)
    expect(clearedIn(logout).map(shown).toSorted()).toEqual(all.flat().toSorted())
  })
})
