import { type CustomTransportStrategy, KafkaContext, Server } from '@nestjs/microservices'
import { isObservable, lastValueFrom } from 'rxjs'

/** As kafkajs hands them over. */
export type KafkaHeaders = Record<string, Buffer | (Buffer | string)[] | string | object | undefined>

/**
 * Stands in for Kafka, of which there is no broker here: gives handlers the context and the message that Nest makes of what
 * `kafkajs` delivers. `deliver` resolves when the offset would be committed, and rejects when Kafka would deliver the
 * message again.
 */
export class KafkaBroker extends Server implements CustomTransportStrategy {
  listen(callback: () => void): void {
    callback()
  }

  close(): void {}

  on(): void {}

  unwrap<T>(): T {
    throw new Error('There is no broker.')
  }

  async deliver(topic: string, headers?: KafkaHeaders, value: unknown = {}): Promise<unknown> {
    const message = { key: null, value, headers, offset: '0', timestamp: '0', attributes: 0 }
    const args = [message, 0, topic, undefined, () => Promise.resolve(), undefined]
    const context = new KafkaContext(args as unknown as ConstructorParameters<typeof KafkaContext>[0])
    const handler = this.getHandlerByPattern(topic)
    if (handler === null) throw new Error(`There is no handler for ${topic}.`)
    const answer: unknown = await handler(value, context)
    // As `ServerKafka.handleEvent` does: an error is for kafkajs, which tries again.
    return isObservable(answer) ? lastValueFrom(answer) : answer
  }
}
