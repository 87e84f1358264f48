import { Observable, type Observer, type Operator, Subject, Subscriber, type Subscription } from 'rxjs'

type OnError = (error: unknown) => void

/**
 * A Subject whose subscribers can't bring the process down: rxjs rethrows what a subscriber throws in a timer, where
 * nothing can catch it. What they throw goes to `onError`, through any operators too.
 */
export class SafeSubject<T> extends Subject<T> {
  constructor(private readonly onError: OnError) {
    super()
  }

  asSafeObservable(): Observable<T> {
    return new SafeObservable<T>(this.onError, (subscriber) => this.subscribe(subscriber))
  }
}

class SafeObservable<T> extends Observable<T> {
  constructor(
    private readonly onError: OnError,
    ...rest: ConstructorParameters<typeof Observable<T>>
  ) {
    super(...rest)
  }

  /** What operators build on: their results are as safe as this. */
  override lift<R>(operator?: Operator<T, R>): Observable<R> {
    const lifted = new SafeObservable<R>(this.onError)
    lifted.source = this
    lifted.operator = operator
    return lifted
  }

  override subscribe(observerOrNext?: Partial<Observer<T>> | ((value: T) => void) | null): Subscription {
    // An operator between us and the subscriber: it hands errors on, and they arrive at the end of the chain.
    if (observerOrNext instanceof Subscriber) return super.subscribe(observerOrNext)
    const { onError } = this
    const observer = typeof observerOrNext === 'function' ? { next: observerOrNext } : (observerOrNext ?? {})
    return super.subscribe({
      next: (value) => attempt(() => observer.next?.(value), onError),
      error: (error: unknown) =>
        observer.error ? attempt(() => observer.error?.(error), onError) : onError(error),
      complete: () => attempt(() => observer.complete?.(), onError),
    })
  }
}

/** A subscriber may be an async function, whose promise rxjs drops. */
function attempt(work: () => unknown, onError: OnError): void {
  try {
    const result = work()
    if (result instanceof Promise) result.catch(onError)
  } catch (error) {
    onError(error)
  }
}
