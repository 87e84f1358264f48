/**
 * What `secureDocument` reads of an OpenAPI document. The `OpenAPIObject` of `@nestjs/swagger` is one, and so is a document
 * that was read from JSON.
 */
export interface OpenApiDocument {
  /** The version of OpenAPI: `3.0.0`, `3.1.0`. */
  readonly openapi: string
  readonly paths: Readonly<Record<string, object>>
  readonly servers?: readonly { readonly url: string }[] | undefined
  readonly components?:
    | {
        readonly schemas?: Readonly<Record<string, object>> | undefined
        readonly securitySchemes?: Readonly<Record<string, object>> | undefined
      }
    | undefined
}

/** One alternative: all of these schemes, each with its scopes. `{}`: nothing is needed. */
export type SecurityRequirement = Readonly<Record<string, readonly string[]>>

export type Schema = Readonly<Record<string, unknown>>
export type Content = Readonly<Record<string, { readonly schema?: Schema; readonly example?: unknown }>>

export interface Parameter {
  readonly name: string
  readonly in: string
  readonly required?: boolean
  readonly description?: string
  readonly schema?: Schema
}

export interface RequestBody {
  readonly required?: boolean
  readonly description?: string
  readonly content: Content
}

export interface Response {
  readonly description: string
  readonly headers?: Readonly<Record<string, object>>
  readonly content?: Content
}

export interface Operation {
  readonly operationId?: string
  readonly summary?: string
  readonly description?: string
  readonly tags?: readonly string[]
  readonly security?: readonly SecurityRequirement[]
  readonly parameters?: readonly (Parameter | { readonly $ref: string })[]
  readonly requestBody?: RequestBody | { readonly $ref: string }
  readonly responses?: Readonly<Record<string, Response | { readonly $ref: string }>>
  readonly servers?: readonly { readonly url: string }[]
  readonly 'x-required-scopes'?: readonly string[]
}

/** Whether security requirements may name the roles of other schemes than OAuth 2: OpenAPI 3.1 section 4.8.30. */
export function allowsScopes({ openapi }: OpenApiDocument): boolean {
  return !/^3\.0\b/.test(openapi)
}
