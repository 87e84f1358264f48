import type { INestApplicationContext } from '@nestjs/common'
import { auditHandlers } from '../nest/audit/list-routes.js'
import { appToAudit } from '../nest/audit/route-audit.js'
import { JWKS_PATH } from '../nest/endpoints/jwks-endpoint.js'
import { factsOf } from './app-facts.js'
import { DocumentCompletion } from './document-completion.js'
import { type DocumentedRoute, documentRoutes } from './document-routes.js'
import type { OpenApiDocument, Operation } from './open-api.js'

/**
 * Completes a document of `SwaggerModule.createDocument` with what the guard does, by path and method, from the same
 * metadata as `routeAudit`. Returns a new document; the given one stays as it is. Calling it again changes nothing.
 *
 * - `security`: one alternative for each location of the token; `{}` besides with `@OptionalAuth()`; `[]` with `@Public()`.
 *   It replaces what decorators such as `@ApiBearerAuth()` say. Scopes are in the requirements from OpenAPI 3.1 on, and in
 *   `x-required-scopes` in every version: OpenAPI 3.0 allows them for OAuth 2 only. A location that OpenAPI cannot
 *   express (the body, a function) is a scheme that says so.
 * - Responses to what the guard refuses, with the codes that it can give for this route, and the header of a double submit.
 *   What the app has declared for the same status or parameter is kept.
 * - Bodies, parameters and answers of the ready-made routes, and of handlers with `@TokenResponse()` that declare none.
 *
 * The security of open handlers, which no guard of this library protects, stays as declared; so does that of handlers
 * behind a guard of `audit.guards`, which get a lock with its name if nothing is declared. Throws a TypeError for
 * operations that Nest does not serve and that declare no `security`, and if the app does not import `JwtAuthModule`.
 * Call it before `app.listen()`, after everything that `main.ts` sets.
 */
export function secureDocument<D extends OpenApiDocument>(app: INestApplicationContext, document: D): D {
  const audited = appToAudit(app)
  const handlers = auditHandlers(audited).filter(({ found }) => found.kind === 'http')
  const routes = documentRoutes(document, handlers)
  refuseUnknown(routes)
  const completion = new DocumentCompletion(document, factsOf(app))
  const paths: Record<string, object> = { ...document.paths }
  for (const route of routes) {
    if (route.handlers.length === 0) continue
    paths[route.path] = { ...paths[route.path], [route.method]: completion.complete(route) }
  }
  if (audited.publishesKeys && completion.hasReadyMadeRoutes(routes)) {
    const { get = {}, ...others } = { ...paths[JWKS_PATH] } as { readonly get?: Operation }
    paths[JWKS_PATH] = { ...others, get: completion.completeKeySet(get, document) }
  }
  return { ...document, paths, components: completion.components(document.components) }
}

/** What is not known could be taken for public, unless it says itself what it needs. */
function refuseUnknown(routes: readonly DocumentedRoute[]): void {
  const unknown = routes.filter(({ handlers, operation }) => handlers.length === 0 && !operation.security)
  if (unknown.length === 0) return
  const names = unknown.map(({ method, path }) => `${method.toUpperCase()} ${path}`)
  throw new TypeError(
    `secureDocument: Nest serves no such routes in this app: ${names.join(', ')}. Pass the document as ` +
      '`SwaggerModule.createDocument` made it for the same app, and add other operations later, or with their `security`.',
  )
}
