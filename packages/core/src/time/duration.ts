/** A number is seconds; a string has a unit: `'500ms'`, `'10s'`, `'15m'`, `'12h'`, `'30d'`, `'2w'`. */
export type Duration = number | string

const SECONDS_IN: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
}

/** Seconds, or `undefined` for what is no duration: no unit (`'60'`), not finite, not a number. */
export function parseDuration(duration: unknown): number | undefined {
  if (typeof duration === 'number') return Number.isFinite(duration) ? duration : undefined
  if (typeof duration !== 'string') return undefined
  const [, amount, unit] = /^(-?\d{1,12}(?:\.\d{1,6})?) ?(ms|s|m|h|d|w)$/.exec(duration) ?? []
  return amount === undefined || unit === undefined ? undefined : Number(amount) * (SECONDS_IN[unit] ?? NaN)
}
