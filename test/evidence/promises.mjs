/**
 * What the README promises, word for word, and what proves it: suites, or an npm script. The promises of the threat model
 * are the rows of its tables, which name their suites.
 */
export const readmePromises = [
  {
    promise: 'apps that issue their own tokens, accept those of other issuers, or both',
    suites: ['test/module/smallest-app.spec.ts', 'test/issuers/foreign-requests.spec.ts'],
  },
  { promise: 'one guard for every transport of Nest', suites: ['test/transports/table.spec.ts'] },
  {
    promise: 'sessions that can be refreshed without races and revoked immediately',
    suites: ['test/sessions/races/race.spec.ts', 'test/redis/race.spec.ts'],
  },
  { promise: 'Nest 11.1 or 12 on Node `^20.19 || >=22.12`.', script: 'matrix' },
  {
    promise: 'It is an ES module that CommonJS apps can load too',
    suites: ['test/packaging/packaging.spec.ts'],
  },
  {
    promise: '`nest add @nest-jwt-auth/core` installs it, and writes login, refresh and logout too',
    suites: ['test/newcomer/newcomer.spec.ts'],
  },
  {
    promise: "Bob's token is good, but not an admin's, so his delete is a 403.",
    suites: ['test/docs/readme.spec.ts'],
  },
  {
    promise: 'the app does not start as long as any handler is open, on any transport',
    suites: ['test/transports/audit-holes.spec.ts', 'test/transports/audit-truth.spec.ts'],
  },
  {
    promise:
      "**Tokens** without a signature or with another algorithm than the key's; with an unknown `kid`; expired, to the second; not active yet, by more than 5 seconds; without `sub`, `exp`, `iat` or `jti`; over 8 KiB; not encoded in the one canonical way.",
    suites: [
      'test/verification/verifying.spec.ts',
      'test/verification/token-service-verify.spec.ts',
      'test/security/oversized-tokens.spec.ts',
      'test/security/refused-inputs.spec.ts',
    ],
  },
  {
    promise:
      '**The wrong kind**: a refresh token where an access token belongs, a password-reset token as either.',
    suites: [
      'test/verification/token-service-verify.spec.ts',
      'test/sessions/token-service/one-time-tokens.spec.ts',
    ],
  },
  {
    promise: '**Revoked tokens and ended sessions**, on the next request, on every instance.',
    suites: ['test/redis/race.spec.ts', 'test/sessions/token-service/revoking.spec.ts'],
  },
  {
    promise: '**A refresh token that was used before**: somebody has a copy, so its whole session ends.',
    suites: ['test/sessions/refresh.spec.ts', 'test/sessions/races/race.spec.ts'],
  },
  {
    promise:
      '**Requests** with the same header, cookie or parameter for the token twice, or with a cookie from another site.',
    suites: ['test/locations/locations.spec.ts', 'test/cookies/csrf-table.spec.ts'],
  },
  {
    promise:
      '**Other transports**: every handler of a resolver, gateway, microservice or queue is closed like a route, and the connections of a protected server end with their token.',
    suites: [
      'test/transports/users/every-transport.spec.ts',
      'test/guard/unknown-contexts.spec.ts',
      'test/transports/sockets/closing.spec.ts',
    ],
  },
  {
    promise:
      '**At boot**: weak or well-known secrets, public keys used as secrets, contradictory or unknown options. One error lists them all, each with the fix.',
    suites: [
      'test/security/weak-keys.spec.ts',
      'test/module/key-text.spec.ts',
      'test/module/boot-options.spec.ts',
    ],
  },
  {
    promise: 'The full list, compared with jose, fast-jwt and jsonwebtoken',
    suites: ['test/security/refused-inputs.spec.ts'],
  },
  {
    promise: '`identify` runs once per call, `admit` once for each handler that the call reaches.',
    suites: ['test/guard/guard-once.spec.ts', 'test/guard/work-per-request.spec.ts'],
  },
  {
    promise: 'it rechecks the token of the connection and its session.',
    suites: ['test/transports/sockets/messages.spec.ts'],
  },
  { promise: 'each beside its best peer in the same run', script: 'bench' },
  {
    promise:
      'the core with one expression changed at a time: lists what no test notices, except what is known to change nothing',
    script: 'mutate',
  },
  {
    promise:
      'all suites, counting the branches that they take: all in the pipeline of a request, in rotation and CSRF, 95 % in all',
    script: 'coverage',
  },
  {
    promise:
      'all tests 20 times in a row, then three times with every CPU kept busy by something else: none may fail by chance',
    script: 'repeat',
  },
]

/** Threats, by how the threat model calls them, that an npm script tries for long. */
export const triedForLong = [
  { threat: 'any bytes at all', script: 'fuzz' },
  { threat: 'any bytes at all', script: 'fuzz:coverage' },
  { threat: 'a stolen refresh token', script: 'fuzz' },
  { threat: 'a stolen refresh token', script: 'linearizability' },
]

/** Sections of the README, each paragraph and bullet of which promises something. */
export const promisingSections = ['nest-jwt-auth', 'What is refused by default', 'How fast it is']
