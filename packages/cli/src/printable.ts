/**
 * Text that came from outside, such as a claim, for a terminal: control characters and those that change the direction of
 * text are escaped as in JSON, so that it can neither move the cursor nor pretend to be something else.
 */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from({ length: character.length }, (_, at) => escaped(character.charCodeAt(at))).join(''),
  )
}

/** JSON on one line. */
export function printableJson(value: unknown): string {
  return printable(JSON.stringify(value) ?? 'null')
}

const escaped = (unit: number): string => `\\u${unit.toString(16).padStart(4, '0')}`
