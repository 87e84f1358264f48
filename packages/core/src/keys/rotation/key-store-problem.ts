/** The key store was read, but what it holds cannot be used. The message names no key material. */
export class KeyStoreProblem extends Error {
  constructor(
    /** The option that is concerned. */
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

export function unreadable(why: string): KeyStoreProblem {
  return new KeyStoreProblem(
    'keyStore',
    `The keys in the store cannot be read: ${why}`,
    'Something else has written there, or a newer version of this package. Restore the document from a backup, or remove it, which ends all tokens',
  )
}
