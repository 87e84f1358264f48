import { types } from 'node:util'
import { isRootPrototype } from '../errors/hidden-members.js'
import { JwtAuthUsageError, type UsageErrorCode } from '../errors/usage.error.js'
import { MAX_DEPTH } from './strict-json.js'

/** An object that holds nothing but plain JSON data. */
export type PlainObject = Readonly<Record<string, unknown>>

/** How error messages name the data that the app passed. */
export interface DataSource {
  readonly code: UsageErrorCode
  /** The code if the value is not a plain object at all; default `code`. */
  readonly rootCode?: UsageErrorCode
  /** The object: `options.claims`, `the metadata`. */
  readonly name: string
  /** One member of it: `claim`. */
  readonly member: string
}

/**
 * A deep copy of an object that JSON can express without loss: strings, finite numbers, booleans, `null`, arrays and
 * plain objects, nested at most 32 levels deep. A `Date` becomes its ISO 8601 string; members that are `undefined` are
 * left out. Throws a usage error that names the path of anything else, and never its value.
 */
export function plainObject(value: unknown, source: DataSource): PlainObject {
  if (isObject(value) && !Array.isArray(value) && isPlainObject(value)) {
    return new PlainCopy(source).object(value)
  }
  const name = source.name.replace(/^the /, 'The ')
  const { code, rootCode = code } = source
  throw new JwtAuthUsageError(rootCode, `${name} must be a plain object, but is ${kindOf(value)}.`)
}

const WHAT_TO_DO = 'Use plain JSON data: strings, finite numbers, booleans, null, arrays and plain objects'

/** Copies the data recursively. `path` is the path of the current member. */
class PlainCopy {
  private readonly path: (string | number)[] = []
  private readonly ancestors: object[] = []

  constructor(private readonly source: DataSource) {}

  object(value: object): PlainObject {
    this.enter(value)
    const copy: Record<string, unknown> = {}
    for (const key of Reflect.ownKeys(value)) {
      const property = Object.getOwnPropertyDescriptor(value, key)
      if (property?.enumerable !== true) continue
      if (typeof key === 'symbol') throw this.error('has a symbol as a member name')
      this.path.push(key)
      const member = this.member(property)
      this.path.pop()
      if (member === undefined) continue
      // An assignment to `__proto__` would set the prototype instead of a member.
      if (key === '__proto__') Object.defineProperty(copy, key, { ...property, value: member })
      else copy[key] = member
    }
    this.ancestors.pop()
    return copy
  }

  private array(value: readonly unknown[]): readonly unknown[] {
    this.enter(value)
    const copy: unknown[] = []
    for (let index = 0; index < value.length; index++) {
      this.path.push(index)
      const property = Object.getOwnPropertyDescriptor(value, index)
      const element = property === undefined ? undefined : this.member(property)
      // JSON would turn it into null.
      if (element === undefined) throw this.error('is undefined or a hole in an array')
      copy.push(element)
      this.path.pop()
    }
    this.ancestors.pop()
    return copy
  }

  /** Accessors are refused, because they may return another value for the next token. */
  private member(property: PropertyDescriptor): unknown {
    if (property.get !== undefined || property.set !== undefined) throw this.error('is an accessor property')
    return this.value(property.value)
  }

  private value(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
      case 'undefined':
        return value
      case 'number':
        if (Number.isFinite(value)) return value
        break
      case 'object':
        if (value === null) return value
        if (types.isDate(value)) return this.date(value)
        if (isPlainArray(value)) return this.array(value)
        if (isPlainObject(value)) return this.object(value)
    }
    throw this.error(`is ${kindOf(value)}`)
  }

  private date(value: Date): string {
    const time = Date.prototype.getTime.call(value)
    if (Number.isNaN(time)) throw this.error('is an invalid Date')
    return new Date(time).toISOString()
  }

  private enter(value: object): void {
    if (this.ancestors.includes(value)) throw this.error('refers to an object that contains it')
    if (this.ancestors.length >= MAX_DEPTH) throw this.error(`is nested more than ${MAX_DEPTH} levels deep`)
    this.ancestors.push(value)
  }

  private error(problem: string): JwtAuthUsageError {
    const { code, name, member } = this.source
    const at = this.path.length === 0 ? name : `the ${member} "${pathOf(this.path)}" of ${name}`
    return new JwtAuthUsageError(code, `${at.replace(/^the /, 'The ')} ${problem}. ${WHAT_TO_DO}.`)
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

/** Objects and arrays of another realm (a `vm` context, a test runner) count as plain too. */
function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || isRootPrototype(prototype)
}

/** An instance of a subclass of Array is not plain. */
function isPlainArray(value: object): value is readonly unknown[] {
  const prototype: unknown = Array.isArray(value) ? Object.getPrototypeOf(value) : undefined
  return isObject(prototype) && isRootPrototype(Object.getPrototypeOf(prototype))
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value)
  if (typeof value === 'object')
    return isPlainArray(value) ? 'an array' : `an instance of ${classNameOf(value)}`
  return typeof value === 'number' && !Number.isFinite(value)
    ? 'a number that JSON cannot express'
    : `a ${typeof value}`
}

function classNameOf(value: object): string {
  const prototype: unknown = Object.getPrototypeOf(value)
  const constructor: unknown = isObject(prototype)
    ? Object.getOwnPropertyDescriptor(prototype, 'constructor')?.value
    : undefined
  return typeof constructor === 'function' && constructor.name !== '' ? constructor.name : 'a class'
}

/** `orders[0].note`; a name that is not an identifier is quoted, and a long one is cut. */
function pathOf(path: readonly (string | number)[]): string {
  const parts = path.map((part) => {
    if (typeof part === 'number') return `[${part}]`
    return /^[\w$]{1,64}$/.test(part) ? `.${part}` : `[${JSON.stringify(part.slice(0, 64))}]`
  })
  return parts.join('').replace(/^\./, '')
}
