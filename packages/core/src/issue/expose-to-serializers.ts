import { createRequire } from 'node:module'

/** What is used of class-transformer. */
interface ClassTransformer {
  readonly Expose: () => (target: object, propertyName: string) => void
}

/**
 * Declares members of a class to class-transformer, where the app has that package: an app that serializes with the
 * strategy `excludeAll` drops every other member. The package is no dependency, and without it there is nothing to do.
 */
export function exposeToSerializers(prototype: object, members: readonly string[]): void {
  let transformer: ClassTransformer
  try {
    transformer = createRequire(import.meta.url)('class-transformer') as ClassTransformer
  } catch {
    return
  }
  for (const member of members) transformer.Expose()(prototype, member)
}
