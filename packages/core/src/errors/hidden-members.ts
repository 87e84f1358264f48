/** What is wrong with a hidden member, and what to do, as sentences without their final period. */
export const HIDDEN_MEMBER = [
  'The value is a getter or a method of a class, or not enumerable, so it would be ignored',
  'Pass a plain object that has it as a member of its own',
] as const

/**
 * Those of the names that an object has, but not as an enumerable member of its own: a copy of the object loses them.
 * What every object inherits does not count, so a polluted `Object.prototype` hides nothing.
 */
export function hiddenMembers(object: object, names: readonly string[]): readonly string[] {
  const chain: object[] = []
  for (let at: unknown = object; isObject(at) && !isRootPrototype(at); at = Object.getPrototypeOf(at)) {
    chain.push(at)
  }
  return names.filter(
    (name) =>
      Object.getOwnPropertyDescriptor(object, name)?.enumerable !== true &&
      chain.some((link) => Object.hasOwn(link, name)),
  )
}

/** `Object.prototype`, of this realm or another. */
export function isRootPrototype(value: unknown): boolean {
  return isObject(value) && Object.getPrototypeOf(value) === null && Object.hasOwn(value, 'isPrototypeOf')
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}
