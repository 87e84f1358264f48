import { FetchFailure } from './fetch-failure.js'

/**
 * Runs `work` for at most `milliseconds`. The signal that it is given is aborted when the time is up, when `closing` is
 * aborted, and when the work is done, so that nothing goes on unnoticed. Throws a `FetchFailure`, even if the work
 * ignores its signal.
 */
export async function withDeadline<T>(
  milliseconds: number,
  closing: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  let reject: (failure: FetchFailure) => void = () => undefined
  const ended = new Promise<never>((_, rejectEnded) => {
    reject = rejectEnded
  })
  const giveUp = (reason: string) => (): void => {
    reject(new FetchFailure(reason))
    controller.abort()
  }
  const timeUp = giveUp(`there was no complete response within ${milliseconds / 1000} s`)
  const closed = giveUp('the app is shutting down')
  // A process that was busy looks at its timers first, and then at what has come in meanwhile.
  const timer = setTimeout(() => setImmediate(timeUp), milliseconds).unref()
  closing.addEventListener('abort', closed)
  try {
    return await Promise.race([work(controller.signal), ended])
  } finally {
    clearTimeout(timer)
    closing.removeEventListener('abort', closed)
    controller.abort()
  }
}
