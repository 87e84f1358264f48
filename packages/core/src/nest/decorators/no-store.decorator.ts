import { applyDecorators, Header } from '@nestjs/common'
import { routeDecorator } from './route-decorator.js'

/** Answers of this handler, the guard's refusals too, are not to be stored: RFC 6749 section 5.1. */
export function NoStore(): MethodDecorator {
  return applyDecorators(
    Header('Cache-Control', 'no-store'),
    routeDecorator(() => ({ noStore: true })),
  )
}
