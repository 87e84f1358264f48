/** One thing that is wrong with the configuration. */
export interface ConfigProblem {
  /** Where: the path of the option, such as `accessToken.expiresIn` or `keys[1].publicKey`. */
  readonly path: string
  /** What is wrong, as a sentence without its final period. Never holds key material. */
  readonly problem: string
  /** What to do about it, as a sentence without its final period. */
  readonly fix: string
}

/**
 * The configuration is invalid, so the app does not start. `problems` lists all problems. The message has one line for
 * each: `<path>: <what is wrong>. <what to do>.`
 */
export class JwtAuthConfigError extends Error {
  readonly code = 'config_invalid'

  constructor(readonly problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? '1 problem' : `${problems.length} problems`
    const lines = problems.map(
      ({ path, problem, fix }) => `  - ${path}: ${sentence(problem)} ${sentence(fix)}`,
    )
    super(`JwtAuthModule cannot start with this configuration (${count}):\n${lines.join('\n')}`)
    this.name = 'JwtAuthConfigError'
  }
}

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`)
