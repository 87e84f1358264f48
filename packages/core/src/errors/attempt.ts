import { types } from 'node:util'

/** What `work` returns, at once. An error goes to `onFailure`, thrown or rejected: `work` may be an async function too. */
export function attempt<T>(work: () => T, onFailure: (error: unknown) => void): T | undefined {
  try {
    const result = work()
    if (types.isPromise(result)) result.catch(onFailure)
    return result
  } catch (error) {
    onFailure(error)
    return undefined
  }
}
