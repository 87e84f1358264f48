import type { Node } from 'ts-morph'

/** Why a guard is not replaced: the place, and the reason as a sentence for the list. */
export interface Doubt {
  readonly at: Node
  readonly why: string
}

/** A part of a guard that is not known to be done by `JwtGuard` too. */
export const unknownPart = (at: Node): Doubt => ({
  at,
  why: `\`JwtGuard\` is not known to do what this guard does here: \`${quote(at)}\`.`,
})

/** The first line of the code, as it can stand in a list. */
export function quote(node: Node): string {
  const [line = ''] = node.getText().split('\n')
  const text = line.trim().replaceAll('`', "'")
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
