export { signedInGuard, type SignedIn } from './signed-in-guard.js'
export { FakeClock } from './fake-clock.js'
export { createTestTokens, type TestTokenOptions, type TestTokens } from './test-tokens.js'
export {
  describeSessionStore,
  sessionStoreCases,
  type SessionStoreCase,
  type SessionStoreCasesOptions,
  type TestRunner,
} from './session-store-cases.js'
export { describeKeyStore, keyStoreCases, type KeyStoreCase } from './key-store-cases.js'
