import type { ConfigProblem } from '../errors/config.error.js'
import { algorithmSpec } from '../keys/algorithms.js'
import type { IssuerOptions } from './issuer-options.js'
import { discoverableIssuer } from './key-sets/discovery.js'
import { FetchFailure } from './key-sets/fetch-failure.js'
import { readFixedKeys } from './key-sets/fixed-key-set.js'
import { keyAddressProblem } from './key-sets/key-address.js'
import { issuerList } from './issuer-list.js'

type Problems = readonly ConfigProblem[]

/**
 * Finds problems with the algorithms of an issuer and with the source of its keys. Paths begin below the entry of the
 * option `issuers`. The types of the members must have been checked before.
 */
export async function findKeyProblems(options: IssuerOptions): Promise<Problems> {
  return [...algorithmProblems(options), ...sourceProblems(options), ...(await fixedKeyProblems(options))]
}

function algorithmProblems({ algorithms }: IssuerOptions): Problems {
  if (algorithms.every((algorithm) => algorithmSpec(algorithm).family !== 'hmac')) return []
  return [
    {
      path: 'algorithms',
      problem: 'HS256, HS384 and HS512 sign with a secret, so whoever verifies could also sign',
      fix: 'Let the issuer sign with a key pair, such as RS256',
    },
  ]
}

function sourceProblems({ issuer, keys, jwksUrl, discovery }: IssuerOptions): Problems {
  const sources = Object.entries({ keys, jwksUrl, discovery }).filter(([, value]) => value !== undefined)
  const [[name, value] = ['discovery', true], ...more] = sources
  if (more.length > 0) {
    const names = sources.map(([source]) => source).join(' and ')
    return [
      {
        path: name,
        problem: `The options ${names} are set at the same time`,
        fix: 'Set exactly one of them',
      },
    ]
  }
  if (name === 'keys') return []
  if (value !== true) return withPath(name, keyAddressProblem(value))
  if (discoverableIssuer(issuerList(issuer)) !== undefined) return []
  return [
    {
      path: 'issuer',
      problem: 'The value is not an https URL without a query, so the keys cannot be found through it',
      fix: 'Write an https URL, or set jwksUrl to the address of the keys',
    },
  ]
}

function withPath(path: string, problem: Omit<ConfigProblem, 'path'> | undefined): Problems {
  return problem === undefined ? [] : [{ path, ...problem }]
}

async function fixedKeyProblems({ keys, issuer, algorithms }: IssuerOptions): Promise<Problems> {
  if (keys === undefined) return []
  const path = 'keys'
  const fix = 'Set it to a JWK Set with the public keys of the issuer'
  try {
    const { problems } = await readFixedKeys(keys, { issuers: issuerList(issuer), algorithms })
    return problems.length === 0 ? [] : [{ path, problem: problems.join(' '), fix }]
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error
    return [{ path, problem: 'The value is not a JWK Set', fix }]
  }
}
