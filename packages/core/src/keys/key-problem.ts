/** Why a key cannot be used: which of its members, what is wrong, what to do. The sentences have no final period. */
export class KeyProblem extends Error {
  constructor(
    readonly field: string,
    readonly problem: string,
    readonly fix: string,
  ) {
    super(problem)
  }
}
