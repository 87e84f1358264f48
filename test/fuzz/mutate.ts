import { mutateJson } from './mutate-json.js'
import type { Random } from './random.js'

/** What an input is changed with. */
export interface Material {
  /** Words that the code under test looks for, in groups of those that stand at the same place. */
  readonly words: readonly (readonly string[])[]
  /** Another input, to take pieces of. */
  readonly other: Buffer
}

const MAX_LENGTH = 4096

/** A copy of the input with one change, or a few: several at the same time seldom leave it in good form. */
export function mutate(input: Buffer, random: Random, material: Material): Buffer {
  let changed = input
  do changed = random.pick(changes)(changed, random, material)
  while (random.below(3) === 0)
  return changed.subarray(0, MAX_LENGTH)
}

type Change = (input: Buffer, random: Random, material: Material) => Buffer

const odd = [
  '\0',
  '\t',
  '\r',
  '\n',
  ' ',
  ',',
  ';',
  '=',
  '.',
  '"',
  '\\',
  '%',
  '\u00e9',
  '\ud800',
  '\ufeff',
  '\u{1f511}',
]

const changes: readonly Change[] = [
  /** One bit. */
  (input, random) => {
    const copy = Buffer.from(input)
    if (copy.length === 0) return copy
    const at = random.below(copy.length)
    copy[at] = (copy[at] ?? 0) ^ (1 << random.below(8))
    return copy
  },
  (input, random) => replace(input, random, 0, Buffer.from([random.below(256)])),
  (input, random) => replace(input, random, random.below(3), Buffer.from(random.pick(odd))),
  (input, random, { words }) => replace(input, random, 0, Buffer.from(random.pick(random.pick(words)))),
  replaceWord,
  replaceWord,
  replaceNumber,
  changeLines,
  changeJson,
  changeJson,
  changeJson,
  /** A piece less. */
  (input, random) => replace(input, random, 1 + random.below(16), Buffer.alloc(0)),
  /** A piece of its own again, perhaps many times. */
  (input, random) => {
    const start = random.below(input.length + 1)
    const piece = input.subarray(start, start + 1 + random.below(32))
    return replace(
      input,
      random,
      0,
      Buffer.concat(Array.from({ length: 1 + random.below(8) ** 2 }, () => piece)),
    )
  },
  /** A piece of another input. */
  (input, random, { other }) => {
    const start = random.below(other.length + 1)
    return replace(input, random, random.below(32), other.subarray(start, start + 1 + random.below(64)))
  },
]

function replace(input: Buffer, random: Random, drop: number, put: Buffer): Buffer {
  const at = random.below(input.length + 1)
  return Buffer.concat([input.subarray(0, at), put, input.subarray(at + drop)])
}

function replaceWord(input: Buffer, random: Random, { words }: Material): Buffer {
  return replaceMatch(input, random, /[\w$:/.-]+/g, (word) => {
    const group = words.find((some) => some.includes(word))
    return random.pick(group !== undefined && random.below(2) === 0 ? group : random.pick(words))
  })
}

function replaceNumber(input: Buffer, random: Random, material: Material): Buffer {
  if (!/\d/.test(input.toString('latin1'))) return replaceWord(input, random, material)
  return replaceMatch(input, random, /-?\d+/g, (digits) => {
    const by = random.pick([-1, 1, 60, -60, 3600, 0.5, 2 ** 31, -(2 ** 53)])
    return random.pick([String(Number(digits) + by), `-${digits}`, `${digits}e9`, `${digits}0`, '0'])
  })
}

function replaceMatch(input: Buffer, random: Random, what: RegExp, by: (match: string) => string): Buffer {
  const text = input.toString('latin1')
  const matches = [...text.matchAll(what)]
  if (matches.length === 0) return input
  const match = random.pick(matches)
  return Buffer.from(
    text.slice(0, match.index) + by(match[0]) + text.slice(match.index + match[0].length),
    'latin1',
  )
}

/** A line goes, comes again, comes from the other input, or moves. */
function changeLines(input: Buffer, random: Random, { other }: Material): Buffer {
  const lines = input.toString('latin1').split('\n')
  const at = random.below(lines.length)
  const line = random.pick([lines[at] ?? '', random.pick(other.toString('latin1').split('\n'))])
  lines.splice(random.below(lines.length + 1), random.below(2), line)
  if (random.below(2) === 0) lines.splice(at, 1)
  return Buffer.from(lines.join('\n'), 'latin1')
}

function changeJson(input: Buffer, random: Random, material: Material): Buffer {
  const { words, other } = material
  const lines = input.toString('utf8').split('\n')
  const at = random.below(lines.length)
  const values = other.toString('utf8').split('\n').map(parse)
  const value = parse(lines[at] ?? '')
  if (value === undefined) return replaceWord(input, random, material)
  lines[at] = JSON.stringify(mutateJson(value, random, words.flat(), random.pick(values)))
  return Buffer.from(lines.join('\n'))
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}
