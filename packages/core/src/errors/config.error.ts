/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** Where, as the option's path: `accessToken.expiresIn`, `keys[1].publicKey`. */
  readonly path: string
  /** What is wrong; never holds key material. */
  readonly problem: string
  /** What to write instead. */
  readonly fix: string
}

/** The configuration can't be used. Lists everything that is wrong, each with the option's path and the fix. */
export class JwtAuthConfigError extends Error {
  readonly code = 'config_invalid'

  constructor(readonly problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    const lines = problems.map(({ path, problem, fix }) => `  - ${path}: ${problem}. ${fix}.`)
    super(`JwtAuthModule can't start with this configuration (${count}):\n${lines.join('\n')}`)
    this.name = 'JwtAuthConfigError'
  }
}
