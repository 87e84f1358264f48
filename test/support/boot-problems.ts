import { type ConfigProblem, JwtAuthConfigError } from '@nest-jwt-auth/core'

/** What is wrong with the options of an app that is starting; nothing if it starts. Another error is thrown. */
export async function problemsOf(starting: Promise<unknown>): Promise<readonly ConfigProblem[]> {
  try {
    await starting
    return []
  } catch (error) {
    if (!(error instanceof JwtAuthConfigError)) throw error
    return error.problems
  }
}
