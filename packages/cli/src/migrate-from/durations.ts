import type { Node } from 'ts-morph'
import { quoted } from './rewrite-imports.js'
import { literalOf } from './symbols.js'

/** What a lifetime of the former code is here. */
export interface Lifetime {
  /** The expression to write. */
  readonly text: string
  /** `undefined` where the app reads it when it starts. */
  readonly seconds: number | undefined
}

const SECONDS_IN: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
  y: 31_557_600,
}

/** Reads a lifetime as jsonwebtoken does: a number is seconds, a string without a unit is milliseconds. */
export function readLifetime(node: Node): Lifetime {
  const value = literalOf(node)
  if (value === undefined) return { text: node.getText(), seconds: undefined }
  if (typeof value === 'number') return { text: node.getText(), seconds: value }
  const [, amount = '', name = 'ms'] = /^ *(-?\d*\.?\d+) *([a-z]+)? *$/i.exec(value) ?? []
  const unit = shortUnit(name.toLowerCase())
  if (amount === '' || unit === undefined) return { text: node.getText(), seconds: undefined }
  const seconds = Number(amount) * (SECONDS_IN[unit] ?? NaN)
  const written = unit === 'y' ? `${seconds / 86_400}d` : `${Number(amount)}${unit}`
  return { text: written === value ? node.getText() : quoted(written, node.getSourceFile()), seconds }
}

/** The units of the package `ms`, such as `minutes`, `mins` and `m`. */
function shortUnit(name: string): string | undefined {
  if (/^(?:ms|msecs?|milliseconds?)$/.test(name)) return 'ms'
  return /^(?:([smhdwy])|(s)ec(?:ond)?s?|(m)in(?:ute)?s?|(h)(?:r|our)s?|(d)ays?|(w)eeks?|(y)(?:r|ear)s?)$/
    .exec(name)
    ?.slice(1)
    .find((unit) => unit !== undefined)
}

const LONGEST = 89
const UNKNOWN = 30

/** The date until which former tokens live, if the app is deployed today; the module allows 90 days. */
export function lastDay(seconds: number | undefined, now: Date): string {
  const days = seconds === undefined ? UNKNOWN : Math.min(Math.ceil(seconds / 86_400) + 1, LONGEST)
  return new Date(now.getTime() + days * 86_400_000).toISOString().slice(0, 10)
}
