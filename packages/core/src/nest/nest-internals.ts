import 'reflect-metadata'

/**
 * Everything that relies on parts of Nest that its documentation does not promise, in one place and as little as
 * possible. `test/guard/nest-internals.spec.ts` fails where a version of Nest has changed one of them.
 */

/** Under this key `@UseGuards` keeps its guards, on a class or on the function of a handler. */
const GUARDS_METADATA = '__guards__'

/**
 * What `@UseGuards` bound to a class or to a handler. Of a class these include the guards of its base classes: Nest
 * copies them, or finds them along the chain of constructors.
 */
export function boundGuards(target: object): readonly unknown[] {
  const guards: unknown = Reflect.getMetadata(GUARDS_METADATA, target)
  return Array.isArray(guards) ? guards : []
}
