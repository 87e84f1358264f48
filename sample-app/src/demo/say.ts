/** Prints one line of the demo. */
export function say(isGood: boolean, line: string): void {
  process.stdout.write(`${isGood ? '✓' : '✗'} ${line}\n`)
}
