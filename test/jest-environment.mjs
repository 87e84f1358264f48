import { AsyncLocalStorage } from 'node:async_hooks'
import { createRequire } from 'node:module'
import { TestEnvironment } from 'jest-environment-node'

// Every app has an AsyncLocalStorage, and so has jest for each suite. One that was entered stays alive until it is
// disabled: in a worker that has run many suites, each new promise would look at all of theirs.
const entered = new Set()

for (const name of ['run', 'enterWith']) {
  const enter = AsyncLocalStorage.prototype[name]
  AsyncLocalStorage.prototype[name] = function (...args) {
    entered.add(this)
    return Reflect.apply(enter, this, args)
  }
}

// TypeScript takes seconds to load and to read the declarations of Nest, and is slower in the context of a suite: it is
// loaded once, outside, for all suites of a worker.
const require = createRequire(import.meta.url)
const declarations = new Map()
const outside = {
  get typescript() {
    return require('typescript')
  },
  declarations,
}

/** Node's environment, of which nothing is left running after its suite. */
export default class Environment extends TestEnvironment {
  constructor(...args) {
    super(...args)
    this.global.outside = outside
  }

  async teardown() {
    for (const storage of entered) storage.disable()
    entered.clear()
    await super.teardown()
  }
}
