export { bearerMetadata, withBearer } from './with-bearer.js'
export type { BearerClient } from './carry.js'
