import { applyDecorators, Header } from '@nestjs/common'

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** Nothing but this origin's own files runs or is shown, in no frame of another page's, and each as what it is. */
export function PageHeaders(): MethodDecorator {
  return applyDecorators(
    Header('Content-Security-Policy', policy),
    Header('X-Content-Type-Options', 'nosniff'),
    Header('Referrer-Policy', 'same-origin'),
    Header('Cache-Control', 'no-cache'),
  )
}
