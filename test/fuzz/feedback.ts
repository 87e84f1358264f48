/** What istanbul counts in one source file: each statement, and each way of each branch. */
interface FileCounters {
  readonly s: Record<string, number>
  readonly b: Record<string, number[]>
}

/** What one input made the library do. */
export interface Trace {
  /** Places that ran, each as its number times 8 plus the magnitude of its count. */
  readonly features: readonly number[]
  /** Statements run: how much work it was, whatever the machine. */
  readonly work: number
}

/** Present if jest runs with `--coverage --coverageProvider=babel`, as `npm run fuzz:coverage` does. */
export const counters = (): Record<string, FileCounters> | undefined =>
  Reflect.get(globalThis, '__coverage__') as Record<string, FileCounters> | undefined

/** The counters of one file, and the numbers of its places. */
interface CountedFile {
  readonly statements: Record<string, number>
  readonly branches: readonly number[][]
  readonly length: number
  readonly firstPlace: number
}

export class Feedback {
  private readonly files = new Map<string, CountedFile>()
  private places = 0

  /** Reads the counters, and sets them to zero for the next input. */
  take(): Trace {
    this.addNewFiles()
    const features: number[] = []
    let work = 0
    for (const { statements, branches, length, firstPlace } of this.files.values()) {
      let place = firstPlace
      for (let id = 0; id < length; id++, place++) {
        const count = statements[id] ?? 0
        if (count === 0) continue
        work += count
        features.push(place * 8 + magnitude(count))
        statements[id] = 0
      }
      for (const ways of branches) {
        for (let way = 0; way < ways.length; way++, place++) {
          const count = ways[way] ?? 0
          if (count === 0) continue
          features.push(place * 8 + magnitude(count))
          ways[way] = 0
        }
      }
    }
    return { features, work }
  }

  /** Files load late, some only when an input needs them. */
  private addNewFiles(): void {
    const all = counters() ?? {}
    for (const file in all) {
      const counted = all[file]
      if (counted === undefined || this.files.has(file)) continue
      const branches = Object.values(counted.b)
      const { length } = Object.keys(counted.s)
      this.files.set(file, { statements: counted.s, branches, length, firstPlace: this.places })
      this.places += length + branches.flat().length
    }
  }
}

/** Once, a few times, often: a loop that runs in another way is new too, but not each number of turns. */
const magnitude = (count: number): number => (count === 1 ? 0 : count < 8 ? 1 : 2)
