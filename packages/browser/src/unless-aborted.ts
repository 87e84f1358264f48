/** Rejects as soon as the signal aborts, as `fetch` does. The work itself goes on. */
export function unlessAborted<T>(work: Promise<T> | T, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    // Older browsers give no reason.
    const abort = () => reject(signal.reason ?? new DOMException('Aborted.', 'AbortError'))
    if (signal.aborted) abort()
    signal.addEventListener('abort', abort)
  })
  return Promise.race([work, aborted])
}
