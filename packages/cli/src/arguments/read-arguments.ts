import { parseArgs } from 'node:util'
import { CommandError } from '../command.js'
import { nearestName } from './nearest-name.js'

/** An option of a command, as the help shows it. */
export interface Option {
  readonly type: 'string' | 'boolean'
  /** What stands for the value in the help, such as `file`. */
  readonly value?: string
  /** What it does, with its default. */
  readonly help: string
}

/** The options of a command by their names, without the dashes. */
export type Options = Readonly<Record<string, Option>>

/** What was given: options that were not are absent. */
export type GivenOptions<O extends Options> = {
  readonly [Name in keyof O]?: O[Name]['type'] extends 'boolean' ? true : string
}

export interface GivenArguments<O extends Options> {
  readonly options: GivenOptions<O>
  readonly positionals: readonly string[]
}

/**
 * Reads the arguments of a command that takes at most `most` arguments beside its options. Throws a `CommandError` for
 * what the command does not have, with the nearest name that it has.
 */
export function readArguments<const O extends Options>(
  args: readonly string[],
  options: O,
  most = 0,
): GivenArguments<O> {
  const types = Object.fromEntries(Object.entries(options).map(([name, { type }]) => [name, { type }]))
  const { tokens } = parseArgs({
    args: [...args],
    options: types,
    strict: false,
    allowPositionals: true,
    tokens: true,
  })
  const given: Record<string, string | true> = {}
  const positionals: string[] = []
  for (const token of tokens) {
    if (token.kind === 'positional') positionals.push(token.value)
    if (token.kind !== 'option') continue
    const { name, rawName } = token
    if (Object.hasOwn(given, name)) throw new CommandError(`${rawName} is given twice. Give it once.`)
    given[name] = valueOf(token, options)
  }
  const [extra] = positionals.slice(most)
  if (extra !== undefined) throw new CommandError(unexpected(extra, most))
  return { options: given as GivenOptions<O>, positionals }
}

interface OptionToken {
  readonly name: string
  readonly rawName: string
  readonly value: string | undefined
  readonly inlineValue: boolean | undefined
}

function valueOf({ name, rawName, value, inlineValue }: OptionToken, options: Options): string | true {
  const option = Object.hasOwn(options, name) ? options[name] : undefined
  if (option === undefined) throw new CommandError(unknownOption(rawName, name, options))
  if (option.type === 'boolean') {
    if (value === undefined) return true
    throw new CommandError(`${rawName} takes no value. Write ${rawName} alone.`)
  }
  const looksLikeOption = inlineValue !== true && value?.startsWith('-') === true && value !== '-'
  if (value !== undefined && value !== '' && !looksLikeOption) return value
  const what = `<${option.value ?? 'value'}>`
  throw new CommandError(
    `${rawName} needs a value. Write ${rawName} ${what}, or ${rawName}=${what} if it begins with a hyphen.`,
  )
}

/** Only what is similar to an option is repeated: a secret may begin with hyphens, too. */
function unknownOption(rawName: string, name: string, options: Options): string {
  const nearest = nearestName(name, [...Object.keys(options), 'help'])
  const what =
    nearest?.isTypo === true
      ? `There is no option ${rawName}.`
      : 'There is an option that this command does not have.'
  const advice =
    nearest === undefined
      ? 'See the options with --help. An argument that begins with a hyphen goes after `--`, behind all options.'
      : `Did you mean --${nearest.name}? See --help.`
  return `${what} ${advice}`
}

/** The argument is not repeated: it may be a token or a secret that got into the wrong place. */
function unexpected(extra: string, most: number): string {
  const place =
    most === 0 ? 'This command takes no arguments' : `This command takes at most ${most} arguments`
  return `${place}, but there is one of ${extra.length} characters more. See --help.`
}
