import { JwtAuthUsageError } from '../errors/usage.error.js'
import { type BearerClient, carry } from './carry.js'

/** Where `bearerMetadata` writes: `Metadata` of `@grpc/grpc-js`. */
interface WritableMetadata {
  set(name: string, value: string): void
}

/**
 * Sends messages with a token in their metadata, as `authorization: Bearer …`, where the guard of the next service reads
 * it: `withBearer(client, token).send(pattern, data)`. For the clients of TCP and Redis (`@nestjs/microservices` 12.0.2 and
 * later), NATS, MQTT (with `protocolVersion: 5`), RabbitMQ and Kafka. Records of Nest, and Kafka messages with `key` and
 * `headers`, keep what they have, except an `authorization` in any case. `undefined`, for an anonymous caller, sends no token.
 * Throws `client_unsupported` for other clients, and `bearer_invalid`.
 */
export function withBearer(client: BearerClient, token: string | undefined): BearerClient {
  if (token === undefined) return client
  const authorization = bearer(token)
  return {
    send: (pattern, data) => {
      const carried = carry(client, data, authorization)
      return carried.client.send(pattern, carried.data)
    },
    emit: (pattern, data) => {
      const carried = carry(client, data, authorization)
      return carried.client.emit(pattern, carried.data)
    },
  }
}

/**
 * Adds a token to the metadata of a gRPC call: `service.method(request, bearerMetadata(new Metadata(), token))`. Returns
 * the same metadata. `undefined` adds nothing. Throws `bearer_invalid`.
 */
export function bearerMetadata<M extends WritableMetadata>(metadata: M, token: string | undefined): M {
  if (token !== undefined) metadata.set('authorization', bearer(token))
  return metadata
}

/** Nothing but a token may get into a header. */
function bearer(token: unknown): string {
  if (typeof token === 'string' && /^[\w.-]+$/.test(token)) return `Bearer ${token}`
  throw new JwtAuthUsageError(
    'bearer_invalid',
    'The argument is not a token. Pass only the token, as @CurrentToken() or TokenService.issueAccessToken() gives it, without "Bearer".',
  )
}
