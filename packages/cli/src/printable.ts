/**
 * Text that came from outside, such as a claim, for a terminal: control characters and those that change the direction of
 * text are escaped as in JSON, so that it can neither move the cursor nor pretend to be something else.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  )
}

/** JSON on one line, or on several with this indentation. */
export function printableJson(value: unknown, indentation?: number): string {
  return printableLines(JSON.stringify(value, undefined, indentation) ?? 'null')
}

/** Text of several lines, each `printable`. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n')
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
