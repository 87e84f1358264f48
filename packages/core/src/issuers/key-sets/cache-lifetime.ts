const MINUTE = 60_000
const HOUR = 60 * MINUTE

export const LIFETIME = { min: MINUTE, default: 10 * MINUTE, max: 24 * HOUR }

const MAX_AGE = /(?:^|,)\s*max-age\s*=\s*"?(\d+)"?\s*(?:,|$)/i

/**
 * For how many milliseconds a response is fresh: its `max-age` less its `Age` (RFC 9111 section 4.2), between 1 minute
 * and 24 hours; 10 minutes without a valid `max-age`.
 */
export function cacheLifetime(headers: Headers): number {
  const [, maxAge] = MAX_AGE.exec(headers.get('cache-control') ?? '') ?? []
  const [age = 0] = /^\d+$/.exec(headers.get('age') ?? '') ?? []
  const seconds = Number(maxAge) - Number(age)
  // There is no max-age, or both are too large to be finite and have no difference.
  if (Number.isNaN(seconds)) return LIFETIME.default
  return Math.min(Math.max(seconds * 1000, LIFETIME.min), LIFETIME.max)
}
