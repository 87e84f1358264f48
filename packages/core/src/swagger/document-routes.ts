import type { AuditedHandler } from '../nest/audit/list-routes.js'
import type { OpenApiDocument, Operation } from './open-api.js'
import { pathShape, pathTemplate } from './path-template.js'

/** Finds the handlers of one path and method. */
type FindHandlers = (path: string, method: string) => readonly AuditedHandler[]

/** One operation of a document, with the handlers that serve it. */
export interface DocumentedRoute {
  readonly path: string
  readonly method: string
  readonly operation: Operation
  /** Several if requests to the same path are told apart by a version or a host. Empty: Nest serves no such route. */
  readonly handlers: readonly AuditedHandler[]
}

/** Members of a path item that are no operations. */
const OTHER_MEMBERS = new Set(['$ref', 'summary', 'description', 'servers', 'parameters'])

/**
 * The operations of a document with their handlers. A document was made with the global prefix or without it
 * (`ignoreGlobalPrefix`): what explains more of its operations is true, and if both do, both are.
 */
export function documentRoutes(
  { paths }: OpenApiDocument,
  handlers: readonly AuditedHandler[],
): readonly DocumentedRoute[] {
  const operations = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item)
      .filter(([member, operation]) => isOperation(member, operation))
      .map(([method, operation]) => ({ path, method, operation: operation as Operation })),
  )
  const finders = [
    finderOf(handlers, ({ found }) => found.path),
    finderOf(handlers, ({ found }) => found.pathWithoutGlobalPrefix),
  ]
  const known = finders.map(
    (find) => operations.filter((one) => find(one.path, one.method).length > 0).length,
  )
  const most = Math.max(...known)
  const plausible = finders.filter((_, at) => known[at] === most)
  return operations.map(({ path, method, operation }) => {
    const found = new Set(plausible.flatMap((find) => find(path, method)))
    return { path, method, operation, handlers: describedBy(operation, withoutUnreachable([...found])) }
  })
}

function isOperation(member: string, value: unknown): boolean {
  const isExtension = member.startsWith('x-')
  return !isExtension && !OTHER_MEMBERS.has(member) && typeof value === 'object' && value !== null
}

function finderOf(
  handlers: readonly AuditedHandler[],
  pathOf: (handler: AuditedHandler) => string | undefined,
): FindHandlers {
  const [byTemplate, byShape] = [new Map<string, AuditedHandler[]>(), new Map<string, AuditedHandler[]>()]
  for (const handler of handlers) {
    const path = pathOf(handler)
    if (path === undefined) continue
    const template = pathTemplate(path)
    addTo(byTemplate, template, handler)
    addTo(byShape, pathShape(template), handler)
  }
  return (path, method) => {
    const ofMethod = (found: readonly AuditedHandler[] = []): readonly AuditedHandler[] =>
      found.filter((one) => one.found.method === 'ALL' || one.found.method === method.toUpperCase())
    const exact = ofMethod(byTemplate.get(path))
    return exact.length > 0 ? exact : ofMethod(byShape.get(pathShape(path)))
  }
}

function addTo(map: Map<string, AuditedHandler[]>, key: string, handler: AuditedHandler): void {
  const there = map.get(key)
  if (there === undefined) map.set(key, [handler])
  else there.push(handler)
}

/** Without those whose requests an earlier one takes. */
function withoutUnreachable(handlers: readonly AuditedHandler[]): readonly AuditedHandler[] {
  return handlers.filter(
    (one, at) => !handlers.slice(0, at).some((earlier) => takesAllOf(earlier.found, one.found)),
  )
}

type Reach = Pick<AuditedHandler['found'], 'version' | 'host'>

function takesAllOf(earlier: Reach, later: Reach): boolean {
  return includesAll(earlier.version, later.version) && includesAll(earlier.host, later.host)
}

/** `undefined` stands for every version and every host. */
function includesAll(own: readonly string[] | undefined, other: readonly string[] | undefined): boolean {
  return own === undefined || (other !== undefined && other.every((one) => own.includes(one)))
}

/** `@nestjs/swagger` keeps one of several operations: `Controller_handler`, with a version or a method behind it. */
function describedBy(
  { operationId = '' }: Operation,
  handlers: readonly AuditedHandler[],
): readonly AuditedHandler[] {
  if (handlers.length < 2) return handlers
  const named = handlers.filter(({ found: { type, name } }) => {
    const usual = `${type.name}_${name}`
    return operationId === usual || operationId.startsWith(`${usual}_`) || operationId.startsWith(`${usual}[`)
  })
  return named.length > 0 ? named : handlers
}
