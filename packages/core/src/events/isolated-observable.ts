import { Observable, type Observer, Subscriber, type Subscription } from 'rxjs'
import { attempt } from '../errors/attempt.js'
import type { OnFailure } from './subscriber-failures.js'

type Next = ((value: unknown) => void) | null
type Callback = (() => void) | null

/**
 * Returns an Observable with the same values whose subscribers cannot end the process. rxjs rethrows an error of a
 * subscriber in a timer, where nothing can catch it, and ignores the promise of an async subscriber. Here both errors go to
 * `onFailure`, also after operators, and in the inner Observables that operators such as `groupBy` emit.
 */
export function isolate<S extends Observable<unknown>>(source: S, onFailure: OnFailure): S {
  const isolated = new Observable<unknown>((subscriber) =>
    source.subscribe({
      next: (value) => subscriber.next(isolateInner(value, onFailure)),
      error: (error: unknown) => subscriber.error(error),
      complete: () => subscriber.complete(),
    }),
  )
  const subscribe = (next?: Partial<Observer<unknown>> | Next, error?: Next, complete?: Callback) =>
    next instanceof Subscriber
      ? isolated.subscribe(next)
      : subscribeSafely(
          isolated,
          typeof next === 'object' && next !== null ? next : { next, error, complete },
          onFailure,
        )
  const pipe = (...operators: readonly ((input: unknown) => unknown)[]) =>
    operators.reduce<unknown>((input, operator) => isolateInner(operator(input), onFailure), proxy)
  const proxy = new Proxy(source, {
    get(target, name) {
      if (name === 'subscribe') return subscribe
      if (name === 'pipe') return pipe
      return Reflect.get(target, name) as unknown
    },
  })
  return proxy
}

function isolateInner<V>(value: V, onFailure: OnFailure): V {
  return value instanceof Observable ? isolate(value, onFailure) : value
}

/** Operators pass errors on, so the errors of all of them arrive here, at the end of the chain. */
function subscribeSafely(
  source: Observable<unknown>,
  observer: { readonly [K in keyof Observer<unknown>]?: Observer<unknown>[K] | null | undefined },
  onFailure: OnFailure,
): Subscription {
  return source.subscribe({
    next: (value) => attempt(() => observer.next?.(value), onFailure),
    error: (error: unknown) =>
      observer.error ? attempt(() => observer.error?.(error), onFailure) : onFailure(error),
    complete: () => attempt(() => observer.complete?.(), onFailure),
  })
}
