import { AsyncLocalStorage } from 'node:async_hooks'
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

/** Node's environment, of which nothing is left running after its suite. */
export default class Environment extends TestEnvironment {
  async teardown() {
    for (const storage of entered) storage.disable()
    entered.clear()
    await super.teardown()
  }
}
