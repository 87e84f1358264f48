import type { AuthFetch } from './auth-fetch.js'

/** The user of a page, for components that show it. */
export interface UserStore<T> {
  /** The user; `null`: nobody is signed in; `undefined`: not known, because the server has not answered yet, or failed. */
  get(): T | null | undefined
  /** Calls `listener` after each change. The first call asks the server. Returns a function that stops it. */
  subscribe(listener: () => void): () => void
  /** Asks the server again, for example when the user has changed their name. Never rejects. */
  reload(): Promise<void>
}

/**
 * Keeps what `GET url` answers about the user, once for all components. It asks again when somebody signs in; a session
 * that ends makes it `null`, and so does a 401. Both work across tabs. Nothing is asked before the first component
 * subscribes, so on a server the user is not known.
 */
export function createUserStore<T>(authFetch: AuthFetch, url: string | URL): UserStore<T> {
  const listeners = new Set<() => void>()
  let user: T | null | undefined
  /** Counts the changes: an answer that arrives after a later one is ignored. */
  let turn = 0
  let isListening = false

  const enter = (next: T | null | undefined) => {
    turn++
    user = next
    for (const listener of listeners) {
      try {
        listener()
      } catch (error) {
        console.error(error) // a broken component must not keep the others from the news
      }
    }
  }
  const reload = async () => {
    const own = ++turn
    const next = await authFetch(url)
      .then(userIn<T>)
      .catch(() => undefined)
    if (own === turn) enter(next)
  }
  const start = () => {
    isListening = true
    authFetch.subscribe((signedIn) => (signedIn ? void reload() : enter(null)))
    void reload()
  }
  return {
    get: () => user,
    subscribe(listener) {
      listeners.add(listener)
      if (!isListening) start()
      return () => void listeners.delete(listener)
    },
    reload,
  }
}

async function userIn<T>(response: Response): Promise<T | null | undefined> {
  if (response.ok) return (await response.json()) as T
  return response.status === 401 ? null : undefined
}
