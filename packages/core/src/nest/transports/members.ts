/** Whether a value of an unknown class is an object with these methods. */
export function hasMethods(value: unknown, names: readonly string[]): value is object {
  return (
    typeof value === 'object' &&
    value !== null &&
    names.every((name) => typeof Reflect.get(value, name) === 'function')
  )
}

/** The member at the end of this path; `undefined` if the path ends earlier. */
export function memberOf(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (at, name) => (typeof at === 'object' && at !== null ? Reflect.get(at, name) : undefined),
    value,
  )
}

export function stringOrNone(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}
