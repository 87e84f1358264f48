import { EventPattern } from '@nestjs/microservices'

/** `@EventPattern`, whose types on Nest 12 want parameters of the type `unknown` after the first. */
export const OnEvent = (pattern: string): MethodDecorator => EventPattern(pattern) as MethodDecorator
