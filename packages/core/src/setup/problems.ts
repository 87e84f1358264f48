import { type ConfigProblem, JwtAuthConfigError } from '../errors/config.error.js'

/** Collects all that is wrong, so that it can be said at once. */
export class Problems {
  private readonly found: ConfigProblem[] = []

  add(path: string, problem: string, fix: string): void {
    this.found.push({ path, problem, fix })
  }

  throwIfAny(): void {
    if (this.found.length > 0) throw new JwtAuthConfigError([...this.found])
  }
}
