import { hasMethods, memberOf, stringOrNone } from './members.js'
import type { Message } from './message.js'

/** A call of `@grpc/grpc-js`, as handlers get it. */
export interface GrpcCall {
  readonly metadata: GrpcMetadata
  getPeer(): string
  emit(event: 'error', error: unknown): unknown
}

export interface GrpcMetadata {
  get(name: string): readonly unknown[]
  set(name: string, value: string): void
}

/** Names with other characters, which HTTP allows, make `Metadata` throw. */
const METADATA_NAME = /^[0-9a-z_.-]+$/

export function isGrpcCall(value: unknown): value is GrpcCall {
  return hasMethods(value, ['getPeer', 'emit']) && hasMethods(memberOf(value, 'metadata'), ['get', 'set'])
}

export function ofGrpcCall(call: GrpcCall): Message {
  const [userAgent] = call.metadata.get('user-agent')
  return {
    holder: call,
    call,
    values: (name) => (METADATA_NAME.test(name) ? call.metadata.get(name) : []),
    // Host and port.
    ip: call.getPeer().replace(/:\d+$/, ''),
    userAgent: stringOrNone(userAgent),
  }
}
