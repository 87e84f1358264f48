import { AsyncResource, triggerAsyncId } from 'node:async_hooks'
import { config } from 'rxjs'

/** Receives the error of a subscriber. */
export type OnFailure = (error: unknown) => void

/** The last emissions, as a ring buffer: errors of subscribers arrive within a few milliseconds. */
const emissions: { readonly asyncId: number; readonly onFailure: OnFailure }[] = []
const MAX_EMISSIONS = 1024
let next = 0
let isWatching = false

/**
 * Emits to subscribers. If a creation function such as `merge` made an Observable from ours, rxjs rethrows the errors of its
 * subscribers in a timer. The async id of such a timer's trigger shows which emission caused it, and the error goes to that
 * emission's `onFailure`. All other errors in rxjs are handled as before.
 */
export function emitSafely(emit: () => void, onFailure: OnFailure): void {
  if (!isWatching) watchUnhandledErrors()
  // A new one for each emission, so that subscribers keep the async context of the request.
  const emission = new AsyncResource('JwtAuthEvents', { requireManualDestroy: true })
  emissions[next] = { asyncId: emission.asyncId(), onFailure }
  next = (next + 1) % MAX_EMISSIONS
  emission.runInAsyncScope(emit)
}

function watchUnhandledErrors(): void {
  isWatching = true
  const before = config.onUnhandledError
  config.onUnhandledError = (error: unknown) => {
    const cause = triggerAsyncId()
    const emission = emissions.find(({ asyncId }) => asyncId === cause)
    if (emission !== undefined) emission.onFailure(error)
    else if (before !== null) before(error)
    else throw error
  }
}
