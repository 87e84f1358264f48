/** Why a key can't be used: which of its fields, what is wrong, what to write instead. */
export class KeyProblem extends Error {
  constructor(
    readonly field: string,
    readonly problem: string,
    readonly fix: string,
  ) {
    super(problem)
  }
}
