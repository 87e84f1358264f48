interface Locks {
  request<T>(name: string, work: () => Promise<T>): Promise<T>
}

interface Channel {
  addEventListener(type: 'message', listener: (event: { readonly data: unknown }) => void): void
  postMessage(message: unknown): void
  close(): void
}

/** What there may be in a page, and is not everywhere: older browsers, plain http, workers, servers. */
export const page = globalThis as unknown as {
  readonly navigator?: { readonly locks?: Locks }
  readonly BroadcastChannel?: new (name: string) => Channel
  readonly document?: { readonly cookie: string }
}
