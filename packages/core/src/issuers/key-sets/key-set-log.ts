import type { IssuerKeyPorts } from '../issuer-keys.js'
import type { FetchFailure } from './fetch-failure.js'

/** One line when an outage begins and one when it ends, and one about keys that are not used, whenever that changes. */
export class KeySetLog {
  private isDown = false
  private problems = ''

  constructor(
    private readonly issuer: string,
    private readonly ports: Pick<IssuerKeyPorts, 'warn' | 'log'>,
  ) {}

  failed({ message }: FetchFailure, hasSet: boolean): void {
    if (this.isDown) return
    this.isDown = true
    const consequence = hasSet
      ? 'The keys that are known are used for up to 24 hours.'
      : 'No keys are known, so its tokens are answered with keys_unavailable.'
    this.ports.warn(
      `The keys of the issuer "${this.issuer}" could not be fetched: ${message}. ${consequence}`,
    )
  }

  /** `problems`: why keys of the set are not used. */
  fetched(problems: readonly string[]): void {
    if (this.isDown) {
      this.isDown = false
      this.ports.log(`The keys of the issuer "${this.issuer}" can be fetched again.`)
    }
    const all = problems.join(' ')
    if (all === this.problems) return
    this.problems = all
    if (all !== '') this.ports.warn(`The key set of the issuer "${this.issuer}" has problems. ${all}`)
  }
}
