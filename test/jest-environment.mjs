import { AsyncLocalStorage } from 'node:async_hooks'
import { ModernFakeTimers } from '@jest/fake-timers'
import { ModuleMocker } from 'jest-mock'

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

// It takes seconds to read the declarations of Nest: they are kept for all suites of a worker.
const outside = { declarations: new Map() }

/** The realm of the worker itself (test/jest-runtime.cjs says why), left to each suite as the first one found it. */
export default class Environment {
  global = globalThis
  moduleMocker = new ModuleMocker(globalThis)
  fakeTimers = null
  #globals = Object.getOwnPropertyDescriptors(globalThis)
  #process = {
    env: { ...process.env },
    exit: Object.getOwnPropertyDescriptor(process, 'exit'),
    exitCode: process.exitCode,
    listeners: listeners(),
  }

  constructor({ projectConfig }) {
    this.fakeTimersModern = new ModernFakeTimers({ config: projectConfig, global: globalThis })
    globalThis.outside = outside
  }

  exportConditions() {
    return ['node', 'node-addons', ...(process.features.require_module ? ['module-sync'] : [])]
  }

  getVmContext() {
    return undefined
  }

  async setup() {}

  async teardown() {
    this.fakeTimersModern.dispose()
    for (const storage of entered) storage.disable()
    entered.clear()
    this.#restoreProcess()
    this.#restoreGlobals()
  }

  #restoreProcess() {
    const { env, exit, exitCode, listeners: former } = this.#process
    Object.defineProperty(process, 'exit', exit)
    process.exitCode = exitCode
    for (const name of Object.keys(process.env)) if (!(name in env)) delete process.env[name]
    Object.assign(process.env, env)
    for (const [name, all] of listeners()) {
      const added = all.filter((listener) => !former.get(name)?.includes(listener))
      for (const listener of added) process.removeListener(name, listener)
    }
  }

  #restoreGlobals() {
    for (const name of Reflect.ownKeys(globalThis)) {
      if (!Object.hasOwn(this.#globals, name)) Reflect.deleteProperty(globalThis, name)
    }
    for (const name of Reflect.ownKeys(this.#globals)) {
      Reflect.defineProperty(globalThis, name, this.#globals[name])
    }
  }
}

function listeners() {
  return new Map(process.eventNames().map((name) => [name, process.rawListeners(name)]))
}
