import { applyDecorators, HttpCode } from '@nestjs/common'
import { NoStore } from './no-store.decorator.js'

/**
 * Marks a handler whose response holds tokens (RFC 6749 section 5.1): status 200, and `Cache-Control: no-store` on
 * success and on refusal.
 */
export function TokenResponse(): MethodDecorator {
  return applyDecorators(HttpCode(200), NoStore())
}
