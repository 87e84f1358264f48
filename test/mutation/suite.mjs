/** Those of Node, whatever a test puts in their place. */
const { clearTimeout, performance, setTimeout } = globalThis

/** How long a test or a hook may take before it counts as one that never ends, in ms. */
const PATIENCE = { atFirst: 240_000, again: 4_000 }
/** How much longer than before it may take as well. */
const SLOWER = 10

/** The tests of one file, which can be run again and again. `root` is jest-circus's tree of what the file declares. */
export class Suite {
  #usual = new Map()
  #names = new Map()
  #stop = () => {}

  /** `tellLimit` is called before each test and hook, with how long it may take, in ms. */
  constructor(root, switches, tellLimit) {
    this.root = root
    this.switches = switches
    this.tellLimit = tellLimit
    this.tests = testsBelow(root)
  }

  /**
   * Runs all tests twice. Returns those that fail at once, which tests reach which mutant, and which mutants are reached
   * only once: while the suite is loaded, or before something remembers what came of it. A test that fails the second time
   * alone cannot be repeated, and is left out.
   */
  async read() {
    const red = await this.run(this.tests, { untilEnd: true })
    const { static: whileLoading = {}, perTest = {} } = this.switches.mutantCoverage ?? {}
    const first = { ...perTest }
    for (const name of Object.keys(perTest)) delete perTest[name]
    const unrepeatable = await this.run(this.tests, { untilEnd: true })
    this.tests = this.tests.filter((test) => !unrepeatable.some((one) => one.test === test))
    const reached = new Map()
    for (const test of this.tests) {
      for (const owner of [test, ...blocksAbove(test)]) {
        for (const [id, hits] of Object.entries(perTest[this.#names.get(owner)] ?? {})) {
          const sofar = reached.get(id) ?? { tests: new Set(), hits: 0 }
          sofar.tests.add(test)
          reached.set(id, { tests: sofar.tests, hits: sofar.hits + hits })
        }
      }
    }
    const once = Object.entries(first).flatMap(([name, ids]) =>
      Object.keys(ids).filter((id) => perTest[name]?.[id] === undefined),
    )
    return { red, reached, loaded: [...new Set([...Object.keys(whileLoading), ...once])], unrepeatable }
  }

  /** Fails the test that runs now: an error that nobody catches is its fault. */
  stop(error) {
    this.#stop(error)
  }

  /** Returns `{ test, error }` for each test that fails: the first one alone, unless `untilEnd`. */
  async run(tests, { untilEnd = false } = {}) {
    const failed = []
    await this.#runBlock(this.root, new Set(tests), failed, untilEnd)
    return failed
  }

  async #runBlock(block, wanted, failed, untilEnd) {
    const first = testsBelow(block).find((test) => wanted.has(test))
    if (first === undefined) return
    const hooks = (type) => block.hooks.filter((hook) => hook.type === type)
    try {
      for (const { fn } of hooks('beforeAll')) await this.#call(block, fn)
      for (const child of block.children) {
        if (failed.length > 0 && !untilEnd) break
        if (child.type === 'describeBlock') await this.#runBlock(child, wanted, failed, untilEnd)
        else if (wanted.has(child)) await this.#runTest(child, failed)
      }
    } catch (error) {
      failed.push({ test: first, error })
    }
    try {
      for (const { fn } of hooks('afterAll')) await this.#call(block, fn)
    } catch (error) {
      failed.push({ test: first, error })
    }
  }

  async #runTest(test, failed) {
    const hooks = (blocks, type) =>
      blocks.flatMap((block) => block.hooks.filter((hook) => hook.type === type))
    const above = blocksAbove(test)
    const before = hooks(above.toReversed(), 'beforeEach')
    try {
      for (const { fn } of [...before, test]) await this.#call(test, fn)
    } catch (error) {
      failed.push({ test, error })
    }
    try {
      for (const { fn } of hooks(above, 'afterEach')) await this.#call(test, fn)
    } catch (error) {
      failed.push({ test, error })
    }
  }

  async #call(owner, fn) {
    if (!this.#names.has(owner)) this.#names.set(owner, String(this.#names.size + 1))
    this.switches.currentTestId = this.#names.get(owner)
    const limit = this.#limitOf(owner)
    this.tellLimit(limit)
    const start = performance.now()
    let timer
    try {
      await Promise.race([
        new Promise((_, reject) => (this.#stop = reject)),
        new Promise((_, reject) => (timer = setTimeout(reject, limit, new Error('no end')))),
        Promise.resolve().then(() => fn.call({})),
      ])
      // With a mutant a test may take as long as it is let: its limit would grow with each that makes it hang.
      if (this.switches.activeMutant === undefined) {
        this.#usual.set(owner, Math.max(this.#usual.get(owner) ?? 0, performance.now() - start))
      }
    } finally {
      clearTimeout(timer)
    }
  }

  #limitOf(owner) {
    const usual = this.#usual.get(owner)
    return usual === undefined ? PATIENCE.atFirst : PATIENCE.again + SLOWER * usual
  }
}

/** Outermost last. */
function blocksAbove({ parent }) {
  return parent === undefined ? [] : [parent, ...blocksAbove(parent)]
}

function testsBelow({ children }) {
  return children.flatMap((child) =>
    child.type === 'describeBlock'
      ? testsBelow(child)
      : child.mode === 'skip' || child.mode === 'todo'
        ? []
        : [child],
  )
}

/** The name of a test with those of the blocks that it is in. */
export function nameOf(test) {
  const names = [test, ...blocksAbove(test)].map(({ name }) => name)
  return names.slice(0, -1).toReversed().join(' › ')
}
