import { InMemorySessionStore, type LookUpInput, type LookUpTokensInput } from '@nest-jwt-auth/core'

/** Counts how often it is asked about open connections; its look-ups may be slow. */
export class CountingStore extends InMemorySessionStore {
  asked = 0
  /** What a look-up waits for. */
  delay: () => Promise<unknown> = () => Promise.resolve()

  override async lookUp(input: LookUpInput) {
    await this.delay()
    return super.lookUp(input)
  }

  override lookUpTokens(input: LookUpTokensInput) {
    this.asked++
    return super.lookUpTokens(input)
  }
}
