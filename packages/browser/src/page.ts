/**
 * The globals of the page that runs this code; `undefined` on servers and in workers, where nothing is shared. A global
 * `document` that a server renders with is not a page: its window is another one, or it has none.
 */
export function currentPage(): Partial<typeof globalThis> | undefined {
  const page: Partial<typeof globalThis> = globalThis
  return page.document?.defaultView === page ? page : undefined
}

/** The channel of all tabs that use this refresh URL; `undefined` where the browser has none, or its settings forbid it. */
export function openChannel(url: string): BroadcastChannel | undefined {
  const Channel = currentPage()?.BroadcastChannel
  try {
    return Channel && new Channel(`nest-jwt-auth ${url}`)
  } catch {
    return undefined
  }
}

/** Does the work in one tab at a time; immediately where there are no Web Locks. */
export async function inTurn<T>(url: string, work: () => Promise<T>): Promise<T> {
  const locks: LockManager | undefined = currentPage()?.navigator?.locks
  let begun: Promise<T> | undefined
  const begin = () => (begun = work())
  // Privacy settings may forbid it: then it rejects without calling.
  await locks?.request(`nest-jwt-auth ${url}`, begin).catch(() => {})
  return begun ?? work()
}

/** The value of the `csrf_token` cookie, which the double submit repeats in a header. */
export function csrfToken(): string | undefined {
  return /(?:^|; )csrf_token=([^;]+)/.exec(currentPage()?.document?.cookie ?? '')?.[1]
}
