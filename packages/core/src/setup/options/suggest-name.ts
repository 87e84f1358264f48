import { nearestName } from '../../errors/nearest-name.js'
import type { OptionTable } from './option.js'

/** What to do about an unknown option: the name that was probably meant, else all that there are. */
export function suggestName(name: string, table: OptionTable): string {
  const elsewhere = Object.entries(table).flatMap(([outer, { check }]) =>
    Object.hasOwn(check.inside ?? {}, name) ? [`${outer}.${name}`] : [],
  )
  if (elsewhere.length > 0) return `Did you mean ${elsewhere.join(' or ')}?`
  const near = nearestName(name, Object.keys(table))
  return near === undefined
    ? `The options here are ${Object.keys(table).join(', ')}`
    : `Did you mean ${near}?`
}
