import type { IssuerOptions } from './issuer-options.js'

/** All `iss` of one issuer. */
export function issuerList(issuer: IssuerOptions['issuer']): readonly string[] {
  return typeof issuer === 'string' ? [issuer] : issuer
}
