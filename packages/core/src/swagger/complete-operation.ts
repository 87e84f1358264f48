import { CSRF_HEADER } from '../request/csrf/check-csrf.js'
import type { Operation, Parameter, RequestBody, Response } from './open-api.js'
import type { OperationRules } from './operation-rules.js'

type Responses = NonNullable<Operation['responses']>

/** Adds what an operation lacks. What it says itself is kept. */
export function withDefaults(operation: Operation, defaults: Operation): Operation {
  const { parameters = [], responses = {}, ...others } = defaults
  const merged = {
    ...others,
    ...withoutEmpty(operation),
    parameters: mergeParameters(operation.parameters ?? [], parameters),
    responses: mergeResponses(operation.responses ?? {}, responses),
  }
  return merged
}

/** Sets the security of an operation: what decides is the guard, and not what a decorator says of it. */
export function withSecurity(
  { security: declared, ...operation }: Operation,
  { security, guard, scopes }: OperationRules,
  nameOfGuard: (guard: string) => string,
): Operation {
  const isDeclared = declared !== undefined && declared.length > 0
  const byGuard = guard !== undefined && !isDeclared ? [{ [nameOfGuard(guard)]: [] }] : undefined
  const decided = security ?? byGuard ?? declared
  return {
    ...operation,
    ...(decided !== undefined && { security: decided }),
    ...(scopes.length > 0 && { 'x-required-scopes': scopes }),
  }
}

/** The parameters and the body by which the guard may be sent something beside the token. */
export function guardInputs(
  { csrfHeader, bodyMember, security = [] }: OperationRules,
  method: string,
): Operation {
  const takesBody = bodyMember !== undefined && ['POST', 'PUT', 'PATCH'].includes(method)
  return {
    ...(csrfHeader !== undefined && { parameters: [csrfParameter(csrfHeader)] }),
    ...(takesBody && { requestBody: tokenBody(bodyMember, security.length === 1) }),
  }
}

export function csrfParameter(need: 'optional' | 'required'): Parameter {
  return {
    name: CSRF_HEADER,
    in: 'header',
    required: need === 'required',
    description: 'The value of the cookie `csrf_token`, if a cookie carries the token.',
    schema: { type: 'string' },
  }
}

function tokenBody(member: string, isOnlyPlace: boolean): RequestBody {
  const schema = {
    type: 'object',
    properties: { [member]: { type: 'string', description: 'The token.' } },
    ...(isOnlyPlace && { required: [member] }),
  }
  return { required: isOnlyPlace, content: { 'application/json': { schema } } }
}

/** `@nestjs/swagger` writes empty descriptions where nobody has described anything. */
function withoutEmpty<T extends object>(described: T): Partial<T> {
  const said = Object.entries(described).filter(([, value]) => value !== '' && value !== undefined)
  return Object.fromEntries(said) as Partial<T>
}

function mergeParameters(
  own: NonNullable<Operation['parameters']>,
  added: NonNullable<Operation['parameters']>,
): NonNullable<Operation['parameters']> {
  const names = new Set(own.map(nameOf))
  return [...own, ...added.filter((parameter) => !names.has(nameOf(parameter)))]
}

function nameOf(parameter: Parameter | { readonly $ref: string }): string {
  if ('$ref' in parameter) return parameter.$ref
  const { in: where, name } = parameter
  return `${where} ${where === 'header' ? name.toLowerCase() : name}`
}

function mergeResponses(own: Responses, added: Responses): Responses {
  const merged = Object.entries(added).map(([status, response]) => {
    const there = own[status]
    return [status, there === undefined ? response : mergeResponse(there, response)]
  })
  return { ...own, ...(Object.fromEntries(merged) as Responses) }
}

function mergeResponse(own: Responses[string], added: Responses[string]): Responses[string] {
  if ('$ref' in own || '$ref' in added) return own
  const headers = { ...added.headers, ...own.headers }
  const response: Response = {
    ...added,
    ...withoutEmpty(own),
    description: own.description || added.description,
  }
  return Object.keys(headers).length > 0 ? { ...response, headers } : response
}
