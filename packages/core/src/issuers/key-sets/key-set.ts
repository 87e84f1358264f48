import { MAX_KID_LENGTH, type RingKey } from '../../keys/import-key.js'
import type { PublishedKey } from './published-key.js'

/** What a token says about its key, before its signature has been checked. */
export interface WantedKey {
  /** Of the header. Without one: the one key that fits everything else, if it is the only one. */
  readonly kid: string | undefined
  /** Of the header. */
  readonly alg: string
  /** Of the payload: one of the issuers that the set was made for. */
  readonly iss: string
}

/** How far a certificate's dates may be from the time of this machine, in milliseconds. */
const DATE_TOLERANCE = 5 * 60_000

/** The keys that one fetch brought. Keys that cannot be told apart are not used: nobody knows which one is meant. */
export class KeySet {
  private readonly byAlgorithm: ReadonlyMap<string, readonly PublishedKey[]>
  private readonly byName: ReadonlyMap<string, readonly PublishedKey[]>
  private readonly kids: ReadonlySet<string>
  private readonly bySource: ReadonlyMap<string, PublishedKey>

  constructor(readonly keys: readonly PublishedKey[]) {
    const named = keys.filter(({ kid }) => kid !== undefined)
    this.byAlgorithm = groupBy(keys, ({ key }) => key.algorithm)
    this.byName = groupBy(named, ({ key, kid }) => nameOf(key.algorithm, kid))
    this.kids = new Set(named.flatMap(({ kid }) => kid ?? []))
    this.bySource = new Map(keys.map((key) => [key.source, key]))
  }

  /** The one key that fits. `now`: in milliseconds, for the dates of certificates. */
  find({ kid, alg, iss }: WantedKey, now: number): RingKey | undefined {
    if (kid !== undefined && kid.length > MAX_KID_LENGTH) return undefined
    const candidates = kid === undefined ? this.byAlgorithm.get(alg) : this.byName.get(nameOf(alg, kid))
    const [first, ...more] = candidates?.filter((one) => serves(one, iss, now)) ?? []
    return more.length === 0 ? first?.key : undefined
  }

  /** Whether the set has the `kid`, or without one any key for `alg`: then another fetch would not help. */
  knows({ kid, alg }: WantedKey): boolean {
    return kid === undefined ? this.byAlgorithm.has(alg) : this.kids.has(kid)
  }

  /** The key that was read from exactly this. */
  readFrom(source: string): PublishedKey | undefined {
    return this.bySource.get(source)
  }
}

function serves({ issuers, validity }: PublishedKey, iss: string, now: number): boolean {
  if (!issuers.includes(iss)) return false
  return (
    validity === undefined || (validity.from - DATE_TOLERANCE <= now && now <= validity.to + DATE_TOLERANCE)
  )
}

/** No name of an algorithm has a space, so no two names are equal. */
function nameOf(algorithm: string, kid: string | undefined): string {
  return `${algorithm} ${kid}`
}

function groupBy<T>(list: readonly T[], nameOf: (element: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const element of list) {
    const name = nameOf(element)
    const group = groups.get(name)
    if (group === undefined) groups.set(name, [element])
    else group.push(element)
  }
  return groups
}
