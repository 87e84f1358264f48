import { routeMetadata } from '../nest/decorators/route-metadata.js'
import { endpointOf } from '../nest/endpoints/endpoint.guard.js'
import { endpointNames } from '../nest/endpoints/endpoint-routes.js'
import type { AppFacts } from './app-facts.js'
import { combineRules } from './combine-rules.js'
import { guardInputs, withDefaults, withSecurity } from './complete-operation.js'
import type { DocumentedRoute } from './document-routes.js'
import {
  describeEndpoint,
  describeKeySet,
  describeTokenResponse,
  type EndpointDescription,
} from './endpoint-operations.js'
import { NamedParts } from './named-parts.js'
import { allowsScopes, type OpenApiDocument, type Operation } from './open-api.js'
import { NO_RULES, rulesOf } from './operation-rules.js'
import { refusalResponses } from './refusal-responses.js'
import { SecuritySchemes } from './security-schemes.js'

const NOTHING: EndpointDescription = { operation: {}, codes: [] }

/** Completes the operations of one document, and collects the components that they refer to. */
export class DocumentCompletion {
  private readonly schemas: NamedParts
  private readonly schemes: SecuritySchemes
  private readonly allowsScopes: boolean

  constructor(
    document: OpenApiDocument,
    private readonly facts: AppFacts,
  ) {
    this.schemas = new NamedParts(document.components?.schemas)
    this.schemes = new SecuritySchemes(document.components?.securitySchemes, facts.cookies)
    this.allowsScopes = allowsScopes(document)
  }

  complete({ method, operation, handlers }: DocumentedRoute): Operation {
    const circumstances = { facts: this.facts, schemes: this.schemes, allowsScopes: this.allowsScopes }
    const upperCase = method.toUpperCase()
    const [first, ...others] = handlers.map((handler) => rulesOf(handler, upperCase, circumstances))
    const rules = first === undefined ? NO_RULES : combineRules([first, ...others])
    const described = this.describe(handlers)
    const refusals = refusalResponses(
      [...described.codes, ...rules.codes],
      rules,
      this.facts.hasUsualRefusals ? this.schemas : undefined,
    )
    const defaults = [described.operation, guardInputs(rules, upperCase), { responses: refusals }]
    const completed = defaults.reduce<Operation>(withDefaults, operation)
    return withSecurity(completed, rules, (guard) => this.schemes.nameOfGuard(guard))
  }

  /** The operation of the public keys, which is at the root of every server. */
  completeKeySet(given: Operation, { servers = [] }: OpenApiDocument): Operation {
    const codes = this.facts.keysRotate ? (['keys_unavailable'] as const) : []
    const described: Operation = {
      ...describeKeySet(this.schemas),
      security: [],
      ...(servers.length > 0 && { servers: servers.map(({ url }) => ({ url: rootOf(url) })) }),
    }
    const responses = refusalResponses(codes, NO_RULES, this.schemas)
    return withDefaults(withDefaults(given, described), { responses })
  }

  /** `given`: those of the document. */
  components(given: OpenApiDocument['components']): object {
    return {
      ...given,
      schemas: this.schemas.toObject(),
      securitySchemes: this.schemes.toObject(),
    }
  }

  /** Whether the document has ready-made routes, if the app has any. */
  hasReadyMadeRoutes(routes: readonly DocumentedRoute[]): boolean {
    const isReadyMade = ({ handlers }: DocumentedRoute): boolean =>
      handlers.some(({ found }) => endpointOf(found.handler) !== undefined)
    return endpointNames(this.facts.endpoints).length === 0 || routes.some(isReadyMade)
  }

  private describe([handler]: DocumentedRoute['handlers']): EndpointDescription {
    if (handler === undefined) return NOTHING
    const name = endpointOf(handler.found.handler)
    if (name !== undefined) return describeEndpoint(name, this.facts, this.schemas)
    const holdsTokens = routeMetadata(handler.found.handler).noStore === true
    return holdsTokens ? { operation: describeTokenResponse(this.facts, this.schemas), codes: [] } : NOTHING
  }
}

/** `https://api.example.com/` for `https://api.example.com/v1`, and `/` for a path. */
function rootOf(url: string): string {
  const [origin = ''] = /^[a-z][a-z\d+.-]*:\/\/[^/]+/i.exec(url) ?? []
  return `${origin}/`
}
