/** `navigator.locks` of a browser whose tabs are all in this process: exclusive locks, first come, first served. */
export class FakeLocks {
  private readonly tails = new Map<string, Promise<unknown>>()

  async request(name: string, work: (lock: object) => unknown): Promise<unknown> {
    const before = this.tails.get(name)
    const done = (async () => {
      await before
      return work({ name })
    })()
    this.tails.set(
      name,
      done.catch(() => undefined),
    )
    return done
  }
}

const { BroadcastChannel } = globalThis

const NAMES = ['navigator', 'document', 'BroadcastChannel'] as const
type Globals = Partial<Record<(typeof NAMES)[number], unknown>>

const originals = new Map(NAMES.map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]))

/** Lets scripts find these in the page, and no other of what pages have. This process is the window of its document. */
export function setPage(globals: Globals): void {
  if (globals.document) Object.defineProperty(globals.document, 'defaultView', { value: globalThis })
  for (const name of NAMES) {
    Object.defineProperty(globalThis, name, { configurable: true, writable: true, value: globals[name] })
  }
}

export function resetPage(): void {
  for (const [name, descriptor] of originals) {
    if (descriptor === undefined) Reflect.deleteProperty(globalThis, name)
    else Object.defineProperty(globalThis, name, descriptor)
  }
}

/** Everything that a current browser has, with this `document.cookie`. */
export function setModernPage(cookie: () => string = () => ''): void {
  setPage({
    navigator: { locks: new FakeLocks() },
    BroadcastChannel,
    document: {
      get cookie() {
        return cookie()
      },
    },
  })
}
