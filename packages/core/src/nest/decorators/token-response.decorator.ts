import { applyDecorators, HttpCode, UseInterceptors } from '@nestjs/common'
import { LoginFailureInterceptor } from '../filter/login-failure.interceptor.js'
import { NoStore } from './no-store.decorator.js'

/**
 * Marks a handler whose response holds tokens (RFC 6749 section 5.1): status 200, and `Cache-Control: no-store` on
 * success and on refusal. A `credentials_invalid` that the handler throws is the event `login.failed`, whatever filter
 * answers it.
 */
export function TokenResponse(): MethodDecorator {
  return applyDecorators(HttpCode(200), NoStore(), UseInterceptors(LoginFailureInterceptor))
}
