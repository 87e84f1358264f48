import { AsyncResource, triggerAsyncId } from 'node:async_hooks'
import { config } from 'rxjs'

/** Takes what a subscriber threw. */
export type OnFailure = (error: unknown) => void

/** The last emissions, in a ring: what a subscriber throws is reported within a few milliseconds. */
const emissions: { readonly asyncId: number; readonly onFailure: OnFailure }[] = []
const MAX_EMISSIONS = 1024
let next = 0
let isWatching = false

/**
 * Emits to subscribers. An Observable that a creation function such as `merge` made of ours reports what its subscriber
 * throws to rxjs alone, which rethrows it in a timer. Those timers are recognized by the emission that triggered them,
 * and their errors go to `onFailure`; all other errors in rxjs are handled as before.
 */
export function emitSafely(emit: () => void, onFailure: OnFailure): void {
  if (!isWatching) watchUnhandledErrors()
  // One for each emission, so that subscribers keep the async context of the request.
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
