/** Rejects as soon as the signal aborts, as `fetch` does. The work itself goes on. */
export function unlessAborted<T>(work: Promise<T> | T, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    // Older browsers give no reason.
    const abort = () => reject(signal.reason ?? new DOMException('Aborted.', 'AbortError'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
    const stop = () => signal.removeEventListener('abort', abort)
    Promise.resolve(work).finally(stop).then(resolve, reject)
  })
}
