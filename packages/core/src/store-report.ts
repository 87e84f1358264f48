/** What an operator should know about a store, as `report()` found it. */
export interface StoreReport {
  /** What keeps the records: `PostgreSQL`, `Redis`, or `memory` for a store that keeps them in the process. */
  readonly system: string
  /** The time of its own clock, in milliseconds since the epoch; `undefined`: it has none. */
  readonly time?: number | undefined
  /** Of a store with tables: how many migrations were run, and how many this version of the store needs. */
  readonly migrations?: { readonly done: number; readonly needed: number } | undefined
  /** Whether it drops records when memory is short; `undefined`: it does not say. */
  readonly evicts?: boolean | undefined
  /** Whether what was confirmed outlives a restart of the store; `undefined`: it does not say. */
  readonly isDurable?: boolean | undefined
}

/** Of the stores that keep everything in the process. */
export const IN_MEMORY_REPORT: StoreReport = Object.freeze({
  system: 'memory',
  evicts: false,
  isDurable: false,
})
