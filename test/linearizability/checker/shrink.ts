import type { CheckedCall } from './history.js'

/**
 * The calls of a part that contradict each other. Nothing is run again: call by call, shrinking takes away the knowledge
 * that it happened, and keeps that if there is still no order. What is left needs every one of its calls; all others are
 * left out, because the rest has no order whether they happened or not.
 */
export function shrink(
  calls: readonly CheckedCall[],
  isImpossible: (calls: readonly CheckedCall[]) => boolean,
): readonly CheckedCall[] {
  let shortest = calls
  // The last ones first: a contradiction mostly ends with the first answer that is wrong.
  for (let at = calls.length - 1; at >= 0; at--) {
    const fewer = shortest.map((call, index) => (index === at ? { ...call, isOptional: true } : call))
    if (isImpossible(fewer)) shortest = fewer
  }
  return shortest.filter((call) => !call.isOptional)
}
