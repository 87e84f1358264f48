const { TestEnvironment } = require('jest-environment-node')

/** The name that the instrumented code looks up. */
const SWITCHES = '__stryker__'

/** Switches one mutant on inside the realm of a suite, and notes afterwards which mutants the suite has reached. */
module.exports = class MutationEnvironment extends TestEnvironment {
  async setup() {
    await super.setup()
    this.global[SWITCHES] = { activeMutant: process.env.MUTANT || undefined }
  }

  async teardown() {
    globalThis.mutantsReached = Object.keys(this.global[SWITCHES].mutantCoverage?.static ?? {})
    await super.teardown()
  }
}
