import Environment from '../jest-environment.mjs'

/** The name that the instrumented code looks up. */
export const SWITCHES = '__stryker__'

/** Lets the instrumented code of a suite know which mutant is on, and whether to note which of them it reaches. */
export default class MutationEnvironment extends Environment {
  async setup() {
    await super.setup()
    this.global[SWITCHES] = { activeMutant: process.env.MUTANT || undefined }
  }
}
