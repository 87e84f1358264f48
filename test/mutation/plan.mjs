/**
 * What is mutated: the folders of `packages/core/src` that decide, each with the suites that test it, in the order in which
 * they are tried.
 */
export const parts = {
  token: [
    'verification',
    'locations',
    'issuing',
    'legacy-tokens',
    'keys/revocation',
    'refusals/refusals',
    'sessions/token-service/one-time-tokens',
    'transports/sockets/messages',
    'issuers/foreign-requests',
    'issuers/foreign-tickets',
    'issuers/fetching-keys',
    'issuers/published-keys',
    'keys/stored-keys',
    'keys/life-cycle',
    'keys/outage',
    'issuers/foreign-tokens',
    'cookies/healing',
    'security',
  ],
  'request/locate': [
    'locations',
    'verification',
    'transports/graphql/contexts',
    'transports/sockets/handshake',
    'cookies',
  ],
  'request/policy': ['guard', 'openapi/requests'],
  'request/identity': ['guard', 'context', 'legacy-tokens/requests'],
  'request/authenticate': [
    'guard',
    'locations/route-locations',
    'verification',
    'cookies',
    'legacy-tokens/requests',
  ],
  'nest/guard/decide-access': ['guard'],
  'request/cookie-reader': ['cookies'],
  'request/csrf': ['transports/sockets/cookies', 'cookies'],
  cookies: ['cookies'],
  sessions: [
    'sessions',
    'verification',
    'legacy-tokens/verifying',
    'legacy-tokens/exchange',
    'issuers/foreign-requests',
    'transports/sockets/closing',
    'transports/sockets/users',
  ],
  issue: [
    'issuing',
    'legacy-tokens',
    'keys/rotation-options',
    'keys/stored-keys',
    'keys/outside-signers',
    'keys/revocation',
    'keys/outage',
    'sessions',
    'endpoints/logout',
    'cookies/double-submit',
    'transports/sockets/tickets',
  ],
  issuers: [
    'issuers',
    'legacy-tokens',
    'security/foreign-issuers',
    'security/issuer-confusion',
    'security/verified-token-cache',
  ],
}

/**
 * Suites that cost minutes for each mutant, since they start processes, databases or browsers, draw random input or make
 * thousands of tokens, and those that measure time.
 */
export const leftOut = [
  /sessions\/(sql\/|races\/|many)/,
  /security\/(arbitrary-|property|differential|hostile-headers)/,
  /guard\/(nest-internals|async-hooks|tracing|work-per-request)/,
]

/** Suites of thousands of inputs, or of tests that wait for long if something is wrong: for what all others leave alive. */
export const last = [
  /security\/(refused-inputs|vectors|weak-keys)/,
  /verification\/bad-input/,
  /sessions\/(open-connections|max-staleness)/,
  /issuers\/(hostile-key-servers|real-issuer)/,
  /sockets/,
]
