/** A map whose values say how long they are kept. Each write removes a few expired ones, so it needs no timer. */
export class ExpiringMap<V extends { readonly keepUntil: number }> {
  private readonly values = new Map<string, V>()
  private sweep = this.values.entries()

  constructor(private readonly onRemove: (value: V, key: string) => void = () => undefined) {}

  get(key: string, now: number): V | undefined {
    const value = this.values.get(key)
    return value !== undefined && value.keepUntil > now ? value : undefined
  }

  set(key: string, value: V, now: number): void {
    this.values.set(key, value)
    this.clear(STEPS_PER_WRITE, now)
  }

  /** Removes and returns a value that is still kept. */
  take(key: string, now: number): V | undefined {
    const value = this.get(key, now)
    this.remove(key)
    return value
  }

  prune(now: number): number {
    this.sweep = this.values.entries()
    return this.clear(this.values.size, now)
  }

  private clear(steps: number, now: number): number {
    let removed = 0
    for (let step = 0; step < steps; step++) {
      const next = this.sweep.next()
      if (next.done === true) {
        this.sweep = this.values.entries()
        break
      }
      const [key, { keepUntil }] = next.value
      if (keepUntil <= now) {
        this.remove(key)
        removed++
      }
    }
    return removed
  }

  private remove(key: string): void {
    const value = this.values.get(key)
    if (value !== undefined && this.values.delete(key)) this.onRemove(value, key)
  }
}

/** Entries that each write looks at. More than one, so that the map shrinks faster than it grows. */
const STEPS_PER_WRITE = 4
