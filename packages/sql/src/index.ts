export { SqlSessionStore, type SqlSessionStoreOptions } from './sql.session-store.js'
export { SqlKeyStore, type SqlKeyStoreOptions } from './sql.key-store.js'
export type { SqlDatabase } from './database.js'
export type { ListeningClient } from './changes.js'
