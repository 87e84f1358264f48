import type { Answer } from '../support/http.js'
import { expect } from '@jest/globals'
import { cookiesOf, SITE, type Browser } from './browser.js'

export const access = '__Host-access_token'
export const refresh = '__Secure-refresh_token'

/** The token in a cookie of this browser; empty where there is none. */
export function tokenIn(browser: Browser, cookie: string): string {
  const header = browser.jar.header(`${SITE}/auth`) ?? ''
  return new RegExp(`${cookie}=([^;]+)`).exec(header)?.[1] ?? ''
}

/** Whatever looks like a compact JWS. */
export const jws = /ey[\w-]+\.[\w-]+\.[\w-]+/

export function expectCleared(answer: Answer): void {
  const cookies = cookiesOf(answer)
  expect([...cookies.keys()]).toEqual([access, refresh])
  for (const { value, attributes } of cookies.values()) {
    expect({ value, age: attributes['max-age'] }).toEqual({ value: '', age: '0' })
  }
}
