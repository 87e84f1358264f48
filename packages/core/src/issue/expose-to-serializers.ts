import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

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
    transformer = requireFromApp('class-transformer') as ClassTransformer
  } catch {
    return
  }
  for (const member of members) transformer.Expose()(prototype, member)
}

/** Not by `import.meta`, which the CommonJS that jest makes of this file has not. */
function requireFromApp(name: string): unknown {
  const folder = process.cwd()
  const require = createRequire(join(folder, 'package.json'))
  const [, entry] = process.argv
  return require(require.resolve(name, { paths: entry === undefined ? [folder] : [dirname(entry), folder] }))
}
