import { setTimeout as sleep } from 'node:timers/promises'
import type { SessionStore } from '@nest-jwt-auth/core'
import type { Planted } from './messages.js'

/** Gives a store a fault that the checker must find. */
export function plant(store: SessionStore, planted: Planted): void {
  switch (planted) {
    case 'early answer':
      return answerEarly(store)
    case 'no comparison':
      return compareNothing(store)
    case 'lost login':
      return loseLogins(store)
    case 'old answers':
      // Is not the store's.
      return
  }
}

function answerEarly(store: SessionStore): void {
  const end = store.end.bind(store)
  store.end = (input) => {
    void sleep(1000).then(() => end(input).catch(() => false))
    return Promise.resolve(true)
  }
}

function compareNothing(store: SessionStore): void {
  const rotate = store.rotate.bind(store)
  store.rotate = async (input) => {
    const { session } = await store.lookUp(input)
    return rotate({ ...input, presented: session?.current.jti ?? input.presented })
  }
}

function loseLogins(store: SessionStore): void {
  const open = store.open.bind(store)
  let logins = 0
  store.open = (input) => (++logins % 4 === 0 ? Promise.resolve(true) : open(input))
}
