import type { Answer } from '../support/http.js'
import { expect } from '@jest/globals'
import { clearedIn, cookiesOf, SITE, type Browser } from './browser.js'

export const access = '__Host-access_token'
export const refresh = '__Host-refresh_token'

/** The token in a cookie of this browser; empty where there is none. */
export function tokenIn(browser: Browser, cookie: string): string {
  const header = browser.jar.header(`${SITE}/auth`) ?? ''
  return new RegExp(`${cookie}=([^;]+)`).exec(header)?.[1] ?? ''
}

/** Whatever looks like a compact JWS. */
export const jws = /ey[\w-]+\.[\w-]+\.[\w-]+/

/** That an answer takes away both tokens, and sets nothing. */
export function expectCleared(answer: Answer): void {
  expect(cookiesOf(answer).size).toBe(0)
  expect(clearedIn(answer).map(({ name }) => name)).toEqual(expect.arrayContaining([access, refresh]))
}

/** That an answer takes away the access cookie, under all the names that it ever had, and no other. */
export function expectOnlyAccessCleared(answer: Answer): void {
  expect(cookiesOf(answer).size).toBe(0)
  const names = clearedIn(answer).map(({ name }) => name)
  expect(names).toContain(access)
  for (const name of names) expect(name).toMatch(/access_token$/)
}
