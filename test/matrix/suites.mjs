/** What can differ between versions of Node and of Nest, in a minute for each pair. */
export const suites = [
  'guard/nest-internals',
  'guard/guard-once',
  'guard/policies',
  'guard/public',
  'guard/who-decides',
  'guard/next-route',
  'guard/parameter-decorators',
  'guard/async-hooks',
  'context/context',
  'context/whole-request',
  'context/context-interceptors',
  'module/smallest-app',
  'module/instances',
  'module/standalone',
  'module/boot-options',
  'cookies/login-and-refresh',
  'cookies/logout',
  'cookies/cookie-location',
  'cookies/csrf-of-auth-routes',
  'sessions/in-memory',
  'sessions/refresh',
  'endpoints/login',
  'endpoints/refresh',
  'endpoints/routing',
  'refusals/refusals',
  'refusals/own-filter',
  'transports/table',
  'transports/audit-holes',
  'transports/close-at-expiry',
  'transports/sockets/handshake',
  'transports/sockets/messages',
  'transports/graphql/contexts',
  'transports/graphql/refusals',
  'transports/rpc/hybrid',
  'transports/rpc/events',
  'openapi/operations',
]

/** The sample app needs what came with Nest 12. */
const onNest12 = ['sample-app/shop']

export const suitesOn = (nest) => (nest.version.startsWith('11.') ? suites : [...suites, ...onNest12])
