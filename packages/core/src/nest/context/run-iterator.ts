type Run = <T>(work: () => T) => T

/** Runs the code of an async iterator, such as the events of a subscription, by `run`. Anything else stays as it is. */
export function runIterator(value: unknown, run: Run): unknown {
  if (!isAsyncIterable(value)) return value
  const iterator = isIterator(value) ? value : value[Symbol.asyncIterator]()
  const running: AsyncIterableIterator<unknown> = {
    next: () => run(() => iterator.next()),
    [Symbol.asyncIterator]: () => running,
  }
  const end = iterator.return?.bind(iterator)
  const fail = iterator.throw?.bind(iterator)
  if (end !== undefined) running.return = (last) => run(() => end(last))
  if (fail !== undefined) running.throw = (error) => run(() => fail(error))
  return running
}

function isAsyncIterable(value: unknown): value is AsyncIterable<unknown> {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof Reflect.get(value, Symbol.asyncIterator) === 'function'
  )
}

function isIterator(value: object): value is AsyncIterator<unknown> {
  return typeof Reflect.get(value, 'next') === 'function'
}
