/**
 * Everything that relies on protected members of Nest's clients, which a subclass may use, but nobody else.
 * `test/transports/rpc/with-bearer.spec.ts` fails if Nest has changed one of them: then no token arrives.
 */

export type Metadata = Readonly<Record<string, string>>

interface Packet {
  metadata?: Metadata
}

/**
 * The same client, for one message to which `extend` adds metadata. The hook of the app, which `setOnDispatchHook` sets
 * once for all messages, runs first and stays.
 */
export function withDispatchHook<Client extends object>(
  client: Client,
  extend: (metadata: Metadata | undefined) => Metadata,
): Client {
  const hook = (packet: Packet): void => {
    const ofApp = memberOf(client, 'onDispatchHook')
    if (typeof ofApp === 'function') Reflect.apply(ofApp, client, [packet])
    packet.metadata = extend(packet.metadata)
  }
  return withMember(client, 'onDispatchHook', hook)
}

/** The same client, for one message. `extend` gets the headers that all its messages have. */
export function withNatsHeaders<Client extends object>(
  client: Client,
  extend: (headers: Metadata | undefined) => Metadata,
): Client {
  const options = memberOf(client, 'options') as { readonly headers?: Metadata } | undefined
  return withMember(client, 'options', { ...options, headers: extend(options?.headers) })
}

/** Everything but this member is read from the client, and written to it: there is one connection. */
function withMember<T extends object>(client: T, name: string, value: unknown): T {
  return new Proxy(client, {
    get: (target, key, receiver) => (key === name ? value : (Reflect.get(target, key, receiver) as unknown)),
  })
}

function memberOf(value: object, name: string): unknown {
  return Reflect.get(value, name)
}
