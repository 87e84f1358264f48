/** What people write in place of a secret. */
const COMMON_WORDS = (
  'access admin all api app auth backend bar base baz bearer bit bits bytes change changeme changeit changethis ' +
  'char character characters chars client code company config corp correct debug default demo dev develop ' +
  'development dont dummy env environment example fake foo for from generate generated hello here hmac ' +
  'hs256 hs384 hs512 iloveyou insecure insert internal jsonwebtoken jwt key keep least letmein local localhost long ' +
  'login make master minimum mock must my mysecret name nest nestjs never not only openssl passphrase passw0rd ' +
  'passwd password p@ssw0rd pass placeholder please private prod production put qa random rand refresh ' +
  'replace replaceme replacethis safe sample secret secrets secure security server service session sha256 sha384 ' +
  'sha512 should sign signature signing some something staging stage string strong super test testing tests the ' +
  'this todo token tokens topsecret use used user value very web website welcome with world your yoursecret abc xyz ' +
  'asdf dragon monkey trustno1 unsafe'
).split(' ')

/** Rows and columns of the usual keyboards, from left to right. */
const KEYBOARD = [
  'qwertyuiop[]',
  'qwertzuiop',
  'azertyuiop',
  "asdfghjkl;'",
  'zxcvbnm,./',
  '12345678901234567890',
  '!@#$%^&*()_+',
  '1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/',
]
const WALKS = [...KEYBOARD, ...KEYBOARD.map((row) => row.split('').toReversed().join(''))]

/** From this length on a sequence, a keyboard walk or a repetition is no coincidence. */
const MIN_RUN = 4

/**
 * How many characters of a text cannot be predicted: those that remain without common words, sequences such as `abcd`
 * and `9753`, keyboard walks, repetitions of what came before, and, in printable text, separators. Counts up to `most`.
 */
export function countUnpredictable(given: string, most: number): number {
  const text = given.toLowerCase()
  const isPrintable = /^[\x20-\x7e]*$/.test(text)
  let count = 0
  for (let at = 0; at < text.length && count < most;) {
    const length = predictableLength(text, at)
    const isSeparator = isPrintable && /[^a-z0-9]/.test(text.charAt(at))
    if (length === 0 && !isSeparator) count++
    at += Math.max(length, 1)
  }
  return count
}

/** Of the longest predictable part that begins at `at`; 0 where there is none. */
function predictableLength(text: string, at: number): number {
  const words = COMMON_WORDS.filter((word) => text.startsWith(word, at)).map((word) => word.length)
  const runs = [sequenceLength(text, at), walkLength(text, at), repetitionLength(text, at)]
  return Math.max(0, ...words, ...runs.filter((length) => length >= MIN_RUN))
}

/** Characters that are equally far from each other: `aaaa`, `abcd`, `9753`. */
function sequenceLength(text: string, at: number): number {
  const step = text.charCodeAt(at + 1) - text.charCodeAt(at)
  let end = at + 1
  while (end < text.length && text.charCodeAt(end) - text.charCodeAt(end - 1) === step) end++
  return end - at
}

function walkLength(text: string, at: number): number {
  return longest(text, at, (part) => WALKS.some((walk) => walk.includes(part)))
}

function repetitionLength(text: string, at: number): number {
  return longest(text, at, (part) => text.lastIndexOf(part, at - 1) !== -1 && at > 0)
}

/** The length of the longest part from `at` on that passes, where every shorter one passes too. */
function longest(text: string, at: number, passes: (part: string) => boolean): number {
  let length = MIN_RUN
  while (at + length <= text.length && passes(text.slice(at, at + length))) length++
  return length - 1
}
