export { secureDocument } from './secure-document.js'
export type { OpenApiDocument } from './open-api.js'
