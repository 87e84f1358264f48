const UNITS = [
  ['year', 31_557_600],
  ['month', 2_629_800],
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const

const relative = new Intl.RelativeTimeFormat('en')
const two = (value: number): string => String(Math.trunc(value)).padStart(2, '0')

/** `2026-11-28 14:05:00 +01:00 (in 3 minutes)`, in the time zone of this machine. Both in milliseconds. */
export function describeTime(time: number, now: number): string {
  const date = new Date(time)
  if (Number.isNaN(date.getTime())) return 'a date that does not exist'
  const offset = -date.getTimezoneOffset()
  const zone = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
  return `${day} ${clock} ${zone} (${relativeTime(time, now)})`
}

/** `3 minutes ago`, `in 2 days`, `now`. In milliseconds. */
export function relativeTime(time: number, now: number): string {
  const seconds = Math.round((time - now) / 1000)
  const [unit, size] = UNITS.find(([, length]) => Math.abs(seconds) >= length) ?? ['second', 1]
  return seconds === 0 ? 'now' : relative.format(Math.trunc(seconds / size), unit)
}

/** `15 minutes`, of a length in seconds. */
export function describeLength(seconds: number): string {
  const [unit, size] = UNITS.find(([, length]) => seconds >= length) ?? ['second', 1]
  const count = Math.trunc(seconds / size)
  return `${count} ${unit}${count === 1 ? '' : 's'}`
}
