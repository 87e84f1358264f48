import { type ConfigProblem, JwtAuthConfigError } from '../errors/config.error.js'

/** Collects everything that is wrong with a configuration, so that one error can list it. */
export class Problems {
  private readonly found: ConfigProblem[] = []

  /** `problem` and `fix` are sentences without their final period, and never hold key material. */
  add(path: string, problem: string, fix: string): void {
    this.found.push({ path, problem, fix })
  }

  /** Whether something was reported at one of these paths, or inside it. */
  mentions(...paths: readonly string[]): boolean {
    return this.found.some(({ path: found }) =>
      paths.some((path) => found === path || found.startsWith(`${path}.`) || found.startsWith(`${path}[`)),
    )
  }

  throwIfAny(): void {
    if (this.found.length > 0) throw this.toError()
  }

  toError(): JwtAuthConfigError {
    return new JwtAuthConfigError([...this.found])
  }
}
