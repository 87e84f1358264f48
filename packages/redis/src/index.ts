export { RedisSessionStore, type RedisSessionStoreOptions } from './redis.session-store.js'
export { RedisKeyStore, type RedisKeyStoreOptions } from './redis.key-store.js'
export type { RedisClient, RedisCluster, RedisNode } from './redis-client.js'
