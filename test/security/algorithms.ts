import { generateKeyPairSync } from 'node:crypto'
import type { Algorithm, JwtKey } from '@nest-jwt-auth/core'

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
const ed25519 = generateKeyPairSync('ed25519').privateKey
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey
const secret = 'c5B!kfw8Zr.2vY-xq0Lm7+Ns3Ejd9TgU6hPaWo1iXyRzQbMv4KtFuHsDlGpJcVnA8e'

/** A signing key for each algorithm there is. */
export const signingKeys: [algorithm: Algorithm, key: JwtKey][] = [
  ['HS256', { algorithm: 'HS256', secret }],
  ['HS384', { algorithm: 'HS384', secret }],
  ['HS512', { algorithm: 'HS512', secret }],
  ['RS256', { algorithm: 'RS256', privateKey: rsa }],
  ['RS384', { algorithm: 'RS384', privateKey: rsa }],
  ['RS512', { algorithm: 'RS512', privateKey: rsa }],
  ['PS256', { algorithm: 'PS256', privateKey: rsa }],
  ['PS384', { algorithm: 'PS384', privateKey: rsa }],
  ['PS512', { algorithm: 'PS512', privateKey: rsa }],
  ['ES256', { algorithm: 'ES256', privateKey: ec('P-256') }],
  ['ES384', { algorithm: 'ES384', privateKey: ec('P-384') }],
  ['ES512', { algorithm: 'ES512', privateKey: ec('P-521') }],
  ['EdDSA', { algorithm: 'EdDSA', privateKey: ed25519 }],
  ['Ed25519', { algorithm: 'Ed25519', privateKey: ed25519 }],
]
