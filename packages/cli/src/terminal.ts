/** What a command reads and writes. Tests hand in their own. */
export interface Terminal {
  /** The folder that paths are relative to. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The standard input where something is piped into it; absent where a person would have to type. */
  readonly input?: AsyncIterable<Uint8Array | string> | undefined
  /** Writes a line of the result to the standard output. */
  print(line: string): void
  /** Writes a line about the result, or a problem, to the standard error. */
  warn(line: string): void
}
