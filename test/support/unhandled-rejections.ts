/** The reasons of the rejections that nobody handled while `work` ran. */
export async function unhandledRejectionsOf(work: () => Promise<void>): Promise<unknown[]> {
  const reasons: unknown[] = []
  const keep = (reason: unknown) => void reasons.push(reason)
  process.on('unhandledRejection', keep)
  try {
    await work()
    await new Promise(setImmediate)
  } finally {
    process.off('unhandledRejection', keep)
  }
  return reasons
}
