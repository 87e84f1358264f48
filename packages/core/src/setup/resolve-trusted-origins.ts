import type { JwtAuthOptions } from './jwt-auth-options.js'
import type { Problems } from './problems.js'

/** The origins whose pages may send cookies along: each as browsers write it (RFC 6454 section 6.2). */
export function resolveTrustedOrigins({ csrf }: JwtAuthOptions, problems: Problems): ReadonlySet<string> {
  const origins: unknown = csrf?.trustedOrigins ?? []
  if (!Array.isArray(origins)) {
    problems.add('csrf.trustedOrigins', 'is no list', "Write ['https://app.example.com'], for instance")
    return new Set()
  }
  for (const [at, origin] of origins.entries()) {
    if (isOrigin(origin)) continue
    problems.add(
      `csrf.trustedOrigins[${at}]`,
      'is no origin as browsers write it',
      "Write scheme, host and port alone, such as 'https://app.example.com', without wildcards",
    )
  }
  return new Set(origins as readonly string[])
}

/** Apps in a shell have a scheme of their own, such as `capacitor://localhost`, which URLs know no origin for. */
function isOrigin(text: unknown): boolean {
  if (typeof text !== 'string' || text.includes('*') || !URL.canParse(text)) return false
  const { origin, protocol, host } = new URL(text)
  return text === (origin === 'null' && host !== '' ? `${protocol}//${host}` : origin)
}
