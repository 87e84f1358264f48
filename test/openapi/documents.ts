import type { INestApplication, ModuleMetadata } from '@nestjs/common'
import {
  DocumentBuilder,
  type OpenAPIObject,
  type SwaggerDocumentOptions,
  SwaggerModule,
} from '@nestjs/swagger'
import { secureDocument } from '@nest-jwt-auth/core/swagger'
import { type Adapter, type RunningApp, startApp, type StartOptions } from '../support/adapters.js'

export interface Operation {
  operationId: string
  summary?: string
  security?: Record<string, string[]>[]
  parameters: { name: string; in: string; required?: boolean }[]
  requestBody?: { required?: boolean; content: Record<string, { schema: object; example?: unknown }> }
  responses: Record<string, Response | undefined>
  'x-required-scopes'?: string[]
}

interface Response {
  description: string
  headers?: Record<string, object>
  content?: Record<string, { schema: object }>
}

export interface DocumentOptions extends SwaggerDocumentOptions {
  openapi?: '3.0.0' | '3.1.0'
  build?: (builder: DocumentBuilder) => unknown
}

/** The document as `createDocument` makes it. */
export function plainDocument(app: INestApplication, options: DocumentOptions = {}): OpenAPIObject {
  const { openapi = '3.0.0', build, ...documentOptions } = options
  const builder = new DocumentBuilder().setOpenAPIVersion(openapi).setTitle('The API').setVersion('1')
  build?.(builder)
  return SwaggerModule.createDocument(app, builder.build(), documentOptions)
}

export function securedDocument(app: INestApplication, options?: DocumentOptions): OpenAPIObject {
  return secureDocument(app, plainDocument(app, options))
}

export interface Documented extends RunningApp {
  readonly document: OpenAPIObject
}

/** An app that listens, and its document, which is made before, as in `main.ts`. */
export async function startDocumented(
  adapter: Adapter,
  metadata: ModuleMetadata,
  { configure, ...options }: StartOptions = {},
  documentOptions?: DocumentOptions,
): Promise<Documented> {
  let document: OpenAPIObject | undefined
  const app = await startApp(adapter, metadata, {
    ...options,
    configure: async (nest) => {
      await configure?.(nest)
      document = securedDocument(nest, documentOptions)
    },
  })
  return Object.assign(app, { document: document as OpenAPIObject })
}

/** The operations of a document by `GET /items/{id}`. */
export function operationsOf({ paths }: OpenAPIObject): Map<string, Operation> {
  return new Map(
    Object.entries(paths).flatMap(([path, item]) =>
      Object.entries(item).map(([method, operation]): [string, Operation] => [
        `${method.toUpperCase()} ${path}`,
        operation as Operation,
      ]),
    ),
  )
}

export function operationAt(document: OpenAPIObject, name: string): Operation {
  const operation = operationsOf(document).get(name)
  if (operation === undefined) throw new Error(`There is no ${name} in the document`)
  return operation
}

/** The codes that a document names for one status of an operation; empty if there is no such response. */
export function codesAt({ responses }: Operation, status: number): string[] {
  const text = JSON.stringify(responses[status]?.content ?? {})
  const [, codes = '[]'] = /"errorCode":\{"type":"string","enum":(\[[^\]]*\])/.exec(text) ?? []
  return JSON.parse(codes) as string[]
}
