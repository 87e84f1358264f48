import { randomBytes } from 'node:crypto'
import { Caller } from './caller.js'
import type { ShopProcess } from './shop-process.js'

/** Everybody who calls the shop. `newcomer`, `phone` and `laptop` are one user on three devices. */
export type Cast = ReturnType<typeof cast>

export function cast(shop: ShopProcess) {
  return {
    shop,
    nobody: new Caller(shop),
    credentials: {
      username: `newcomer-${randomBytes(4).toString('hex')}`,
      password: 'a-password-of-my-own',
    },
    admin: new Caller(shop, 'admin'),
    member: new Caller(shop, 'member'),
    newcomer: new Caller(shop, 'newcomer'),
    phone: new Caller(shop, 'phone', 'Mozilla/5.0 (Android 15; Mobile; rv:144.0) Gecko/144.0 Firefox/144.0'),
    laptop: new Caller(
      shop,
      'laptop',
      'Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0',
    ),
  }
}
