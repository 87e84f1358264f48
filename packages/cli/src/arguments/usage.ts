import type { Options } from './read-arguments.js'

/** The help of a command: how it is called, and its options. */
export function usageOf(call: string, options: Options, notes: readonly string[]): string {
  const allOptions: Options = { ...options, help: HELP }
  const rows = Object.entries(allOptions).map(([name, { value, help }]) => ({
    left: value === undefined ? `--${name}` : `--${name} <${value}>`,
    help,
  }))
  const width = Math.max(...rows.map(({ left }) => left.length))
  const indent = ' '.repeat(width + 4)
  const lines = rows.map(
    ({ left, help }) => `  ${left.padEnd(width)}  ${help.replaceAll('\n', `\n${indent}`)}`,
  )
  return [`nest-jwt-auth ${call}`, '', ...lines, '', ...notes].join('\n')
}

const HELP = { type: 'boolean', help: 'Shows this.' } as const
