import { type ConfigProblem, JwtAuthConfigError } from '../../errors/config.error.js'
import { nearestName } from '../../errors/nearest-name.js'
import type { IssuerOptions } from '../issuer-options.js'
import { keyAddressProblem } from '../key-sets/key-address.js'

/** One name or several. `undefined`, as of an environment variable that is not set, is refused when the preset is called. */
export type Names = string | readonly (string | undefined)[] | undefined

/** Reads the arguments of a preset, and collects what is wrong with them. What cannot be used is read as empty. */
export class PresetArguments<Name extends string> {
  private readonly problems: ConfigProblem[] = []
  private readonly given: Readonly<Record<string, unknown>>

  constructor(
    private readonly preset: string,
    given: object,
    names: readonly Name[],
  ) {
    // An app in JavaScript can pass anything.
    this.given = { ...(given as object | undefined) }
    for (const name of Object.keys(this.given).filter((one) => !names.includes(one as Name))) {
      const near = nearestName(name, names)
      const fix = near === undefined ? `The arguments are ${names.join(', ')}` : `Did you mean ${near}?`
      this.refuse(name, 'There is no such argument', fix)
    }
  }

  refuse(path: string, problem: string, fix: string): void {
    this.problems.push({ path: `${this.preset}.${path}`, problem, fix })
  }

  /**
   * Whether an argument is there. One that is there and `undefined` counts: a check that somebody wanted must not
   * disappear because an environment variable is not set.
   */
  has(name: Name): boolean {
    return Object.hasOwn(this.given, name)
  }

  string(name: Name, example: string): string {
    return this.checkedString(this.given[name], name, example)
  }

  /** A string or a list of strings: at least one. */
  names(name: Name, example: string): readonly string[] {
    const value = this.given[name]
    if (!Array.isArray(value)) return [this.checkedString(value, name, example)]
    if (value.length === 0) this.refuse(name, 'The list is empty', `Add a value, such as '${example}'`)
    return value.map((one, at) => this.checkedString(one, `${name}[${at}]`, example))
  }

  optionalNames(name: Name, example: string): readonly string[] | undefined {
    return this.has(name) ? this.names(name, example) : undefined
  }

  flag(name: Name): boolean {
    const value = this.given[name] ?? false
    if (typeof value !== 'boolean') this.refuse(name, 'The value is not a boolean', 'Set it to true or false')
    return value === true
  }

  /** A host name as in the `iss` of tokens, without protocol and path. */
  host(name: Name, example: string): string {
    const value = this.string(name, example)
    const fix = `Write the host name only, such as '${example}'`
    if (value.includes('://')) this.refuse(name, 'The value begins with a protocol', fix)
    else if (value.includes('/')) this.refuse(name, 'The value has a path or ends with a slash', fix)
    else if (value !== '' && hostOf(`https://${value}`) !== value) {
      this.refuse(name, 'The value is not a host name in lower case', fix)
    }
    return value
  }

  /** A URL as in the `iss` of tokens, https or loopback, without a slash at its end. */
  url(name: Name, example: string, { canHavePath = false } = {}): string {
    const value = this.string(name, example)
    if (value === '') return value
    const problem = keyAddressProblem(value) ?? urlProblem(value, example, canHavePath)
    if (problem !== undefined) this.refuse(name, problem.problem, problem.fix)
    return value.replace(/\/$/, '')
  }

  /** Must be called before anything is returned. Throws a `JwtAuthConfigError` that lists all problems. */
  finish(): void {
    if (this.problems.length > 0) throw new JwtAuthConfigError(this.problems)
  }

  private checkedString(value: unknown, path: string, example: string): string {
    const problem = stringProblem(value)
    if (problem === undefined) return value as string
    this.refuse(path, problem, `Set it to a string such as '${example}'`)
    return ''
  }
}

/** The entry of the option `issuers`, frozen with its lists and functions. */
export function frozenIssuer(options: IssuerOptions): IssuerOptions {
  for (const value of Object.values(options)) Object.freeze(value)
  return Object.freeze(options)
}

function stringProblem(value: unknown): string | undefined {
  if (value === undefined) {
    return 'The value is undefined; if it comes from an environment variable, that variable is not set'
  }
  if (typeof value !== 'string') return 'The value is not a string'
  if (value === '') return 'The value is an empty string'
  return value === value.trim() ? undefined : 'The value begins or ends with white space'
}

function urlProblem(value: string, example: string, canHavePath: boolean) {
  const { href, pathname, search } = new URL(value)
  const fix = `Write a URL such as '${example}'`
  if (search !== '') return { problem: 'The URL has a query', fix }
  if (pathname !== '/' && !canHavePath) return { problem: 'The URL has a path', fix }
  if (href.replace(/\/$/, '') !== value.replace(/\/$/, '')) {
    return {
      problem: 'The URL is not in its usual form: lower case, and without a default port',
      fix,
    }
  }
  return undefined
}

function hostOf(url: string): string | undefined {
  return URL.canParse(url) ? new URL(url).host : undefined
}
