/** A scope-token of RFC 6749 section 3.3: no spaces, no quotes, no backslash. */
export function isScope(value: unknown): value is string {
  return typeof value === 'string' && /^[!#-[\]-~]+$/.test(value)
}

/** What these claims hold, each a space-separated string (RFC 8693 section 4.2) or an array. */
export function scopesIn(claims: object, names: readonly string[]): readonly unknown[] {
  return names.flatMap((name) => {
    const value: unknown = Object.getOwnPropertyDescriptor(claims, name)?.value
    if (typeof value === 'string') return value.split(' ')
    return Array.isArray(value) ? (value as readonly unknown[]) : []
  })
}
