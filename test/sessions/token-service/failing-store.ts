import { InMemorySessionStore, type SessionStore } from '@nest-jwt-auth/core'

type Method = Exclude<keyof SessionStore, symbol>

/** `before`: the work is not done; `after`: it is, and the answer is lost; `hang`: there never is an answer. */
export type Failure = 'before' | 'after' | 'hang'

export interface FailingStore {
  readonly store: SessionStore
  /** The methods that were called, in order. */
  readonly calls: string[]
  /** What they were given. */
  readonly inputs: unknown[]
  /** From now on these methods, or all, fail in this way. */
  fail: (failure: Failure, ...methods: Method[]) => void
  recover: () => void
}

/** Sessions in memory, behind a connection that dies at the moment that a test wants. */
export function failingStore(): FailingStore {
  const memory = new InMemorySessionStore()
  const calls: string[] = []
  const inputs: unknown[] = []
  let failing: { failure: Failure; methods: Method[] } | undefined

  const attempt = async (method: Method, work: () => unknown): Promise<unknown> => {
    calls.push(method)
    if (failing === undefined) return work()
    const { failure, methods } = failing
    if (methods.length > 0 && !methods.includes(method)) return work()
    if (failure === 'hang') return new Promise(() => undefined)
    if (failure === 'after') await work()
    throw new Error(`the connection was lost ${failure} ${method}`)
  }

  const store = new Proxy(memory, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function' || name === 'constructor') return method
      return (...args: unknown[]) => {
        inputs.push(...args)
        return attempt(name as Method, () => Reflect.apply(method, target, args) as unknown)
      }
    },
  })
  return {
    store,
    calls,
    inputs,
    fail: (failure, ...methods) => void (failing = { failure, methods }),
    recover: () => void (failing = undefined),
  }
}
