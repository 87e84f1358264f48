/** The key store was read, but what it holds cannot be used. The message names no key material. */
export class KeyStoreProblem extends Error {
  constructor(
    /** The option whose value has the problem. */
    readonly path: 'keyStore' | 'keyRotation.wrap',
    /** A sentence without its final period. */
    readonly problem: string,
    /** What to do, as a sentence without its final period. */
    readonly fix: string,
  ) {
    super(`${path}: ${problem}. ${fix}.`)
    this.name = 'KeyStoreProblem'
  }
}

export function unreadable(reason: string): KeyStoreProblem {
  return new KeyStoreProblem(
    'keyStore',
    `The document in the key store cannot be read, because ${reason}`,
    'Another program or a newer version of this package has written it. Restore it from a backup, or remove it, which makes all tokens invalid',
  )
}
