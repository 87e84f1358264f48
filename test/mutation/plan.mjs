/** What is mutated: the folders of `packages/core/src` that decide, each with the suites that test it. */
export const parts = {
  token: ['verification', 'security', 'locations', 'issuing', 'legacy-tokens'],
  'request/csrf': ['cookies'],
  'request/locate': ['locations', 'cookies', 'verification'],
  'request/policy': ['guard'],
  'request/identity': ['guard', 'context'],
  'request/authenticate': ['guard', 'cookies', 'verification'],
  'request/cookie-reader': ['cookies'],
  'nest/guard/decide-access': ['guard'],
  sessions: ['sessions', 'verification'],
  issue: ['issuing', 'sessions', 'legacy-tokens'],
  cookies: ['cookies'],
  issuers: ['issuers', 'legacy-tokens', 'security'],
}

/**
 * Suites that start processes, databases or browsers, draw random input, or test other things than these folders: they
 * would cost minutes for each mutant.
 */
export const leftOut = [
  /sessions\/(sql|races)\//,
  /security\/(arbitrary-|property|differential|vectors|refused-inputs|weak-keys|algorithms)/,
  /guard\/(nest-internals|async-hooks|tracing|work-per-request)/,
  /verification\/bad-input/,
]
