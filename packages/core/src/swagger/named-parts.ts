import { isDeepStrictEqual } from 'node:util'

/** The parts of one kind in `components`, by name. Never replaces one that is there. */
export class NamedParts {
  private readonly parts: Map<string, object>

  constructor(given: Readonly<Record<string, object>> = {}) {
    this.parts = new Map(Object.entries(given))
  }

  /** Adds a part, and returns its name: `name`, or `name-2` and so on if that is the name of another part. */
  add(name: string, part: object): string {
    for (let count = 1; ; count++) {
      const free = count === 1 ? name : `${name}-${count}`
      const there = this.parts.get(free)
      if (there !== undefined && !isDeepStrictEqual(there, part)) continue
      this.parts.set(free, part)
      return free
    }
  }

  /** The name of the first part that satisfies the condition. */
  find(isWanted: (part: object) => boolean): string | undefined {
    return [...this.parts].find(([, part]) => isWanted(part))?.[0]
  }

  toObject(): Record<string, object> {
    return Object.fromEntries(this.parts)
  }
}
