import { AsyncResource, triggerAsyncId } from 'node:async_hooks'
import { config } from 'rxjs'

/** Receives the error of a subscriber. */
export type OnFailure = (error: unknown) => void

/** By the async id of the emission, until rxjs has rethrown the errors of its subscribers. */
const emissions = new Map<number, OnFailure>()
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
  const id = emission.asyncId()
  emissions.set(id, onFailure)
  emission.runInAsyncScope(emit)
  emission.emitDestroy()
  // As long as the timers of rxjs, and set after them, so it also fires after them.
  setTimeout(() => emissions.delete(id), 1)
}

function watchUnhandledErrors(): void {
  isWatching = true
  const before = config.onUnhandledError
  config.onUnhandledError = (error: unknown) => {
    const onFailure = emissions.get(triggerAsyncId())
    if (onFailure !== undefined) onFailure(error)
    else if (before !== null) before(error)
    else throw error
  }
}
