import { JwtAuthError } from '../../errors/jwt-auth.error.js'
import { type GrpcCall, isGrpcCall, ofGrpcCall } from './grpc-call.js'
import { hasMethods, memberOf, stringOrNone } from './members.js'

/** What the guard reads of a message. Never its payload. */
export interface Message {
  /** An object that Nest or its transport makes for each message, and gives to all that handle it. */
  readonly holder: object
  /** Every value that the metadata of the message has under this name (lower case). */
  readonly values: (name: string) => readonly unknown[]
  readonly ip?: string | undefined
  readonly userAgent?: string | undefined
  /** Whether a message that ends in an error is delivered again: Kafka. */
  readonly isRetried?: boolean
  /** Only over gRPC. */
  readonly call?: GrpcCall
}

interface NatsHeaders {
  keys(): readonly string[]
  values(key: string): readonly unknown[]
}

/** The methods that distinguish the contexts of `@nestjs/microservices`, all of them public. */
interface RpcContext {
  getHeaders(): unknown
  getPacket(): unknown
  getMessage(): unknown
  getSocketRef(): unknown
  getMetadata?(): unknown
}

interface Reader {
  readonly methods: readonly string[]
  readonly read: (context: RpcContext) => Omit<Message, 'holder'>
}

const READERS: readonly Reader[] = [
  // NATS
  { methods: ['getSubject', 'getHeaders'], read: (context) => ofNatsHeaders(context.getHeaders()) },
  // MQTT: the user properties of version 5
  {
    methods: ['getTopic', 'getPacket'],
    read: (context) => ofRecord(memberOf(context.getPacket(), 'properties', 'userProperties')),
  },
  // Kafka
  {
    methods: ['getTopic', 'getPartition', 'getMessage'],
    read: (context) => ({ ...ofRecord(memberOf(context.getMessage(), 'headers')), isRetried: true }),
  },
  // RabbitMQ
  {
    methods: ['getChannelRef', 'getMessage'],
    read: (context) => ofRecord(memberOf(context.getMessage(), 'properties', 'headers')),
  },
  // TCP
  {
    methods: ['getSocketRef', 'getPattern'],
    read: (context) => ({
      ...ofRecord(context.getMetadata?.()),
      ip: stringOrNone(memberOf(context.getSocketRef(), 'netSocket', 'remoteAddress')),
    }),
  },
  // Redis
  { methods: ['getChannel', 'getArgs'], read: (context) => ofRecord(context.getMetadata?.()) },
]

/** The message of a context of the type `rpc`, by its arguments; `undefined` if they are of no transport known here. */
export function findMessage(args: readonly unknown[]): Message | undefined {
  const [data, context, call] = args
  for (const { methods, read } of READERS) {
    if (hasMethods(context, methods)) return { holder: context, ...read(context as unknown as RpcContext) }
  }
  // `@GrpcMethod` and `@GrpcStreamMethod` get the call last, `@GrpcStreamCall` gets it first.
  return [call, data].flatMap((candidate) => (isGrpcCall(candidate) ? [ofGrpcCall(candidate)] : []))[0]
}

/** The strings among the values under one name. Throws `token_malformed` for anything else, such as a repeated header. */
export function stringsOf(name: string, values: readonly unknown[]): readonly string[] {
  return values.flatMap((value) => {
    if (value === undefined || value === null) return []
    if (typeof value === 'string') return [value]
    if (value instanceof Uint8Array) return [Buffer.from(value).toString()]
    const reason = `${name} in the metadata of the message is not one string`
    throw new JwtAuthError('token_malformed', { reason })
  })
}

function ofRecord(record: unknown): Omit<Message, 'holder'> {
  const isRecord = typeof record === 'object' && record !== null && !Array.isArray(record)
  const entries = isRecord ? Object.entries(record) : []
  return { values: (name) => entries.filter(([key]) => isNamed(key, name)).map(([, value]) => value) }
}

/** Of either version of the client library. Names are compared without case, as in HTTP. */
function ofNatsHeaders(headers: unknown): Omit<Message, 'holder'> {
  if (!isNatsHeaders(headers)) return { values: () => [] }
  return {
    values: (name) =>
      [...headers.keys()].filter((key) => isNamed(key, name)).flatMap((key) => headers.values(key)),
  }
}

function isNatsHeaders(value: unknown): value is NatsHeaders {
  return hasMethods(value, ['keys', 'values'])
}

function isNamed(key: string, name: string): boolean {
  return key.length === name.length && key.toLowerCase() === name
}
