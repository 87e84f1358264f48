/**
 * The result of `work`, or a rejection with `onSilence()` if there is none after so many milliseconds of real time. What
 * `work` comes to after that is ignored.
 */
export async function within<T>(
  milliseconds: number,
  work: () => Promise<T>,
  onSilence: () => Error,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const silence = new Promise<never>((_, reject) => {
    // A process that was busy looks at its timers first, and then at what has come in meanwhile.
    timer = setTimeout(() => setImmediate(() => reject(onSilence())), milliseconds)
  })
  try {
    return await Promise.race([work(), silence])
  } finally {
    clearTimeout(timer)
  }
}
