import type { JSONWebKeySet } from 'jose'
import type { KeyFinder } from '../../keys/key-ring.js'
import type { Clock } from '../../time/clock.js'
import { type FrozenObject, parseStrictObject } from '../../token/strict-json.js'
import type { IssuerKeys } from '../issuer-keys.js'
import { FetchFailure } from './fetch-failure.js'
import { KeySet, type WantedKey } from './key-set.js'
import type { KeyRules } from './published-key.js'
import { type ReadKeySet, readKeySet } from './read-key-set.js'
import { refusal } from './refuse-key.js'

/** Keys that stand in the options: nothing is fetched, and nothing changes. */
export class FixedKeySet implements IssuerKeys {
  private set = new KeySet([])
  private reading: Promise<void> | undefined
  /** What changes in the options afterwards is not seen. */
  private readonly document: FrozenObject | undefined

  constructor(
    keys: JSONWebKeySet,
    private readonly rules: KeyRules,
    private readonly ports: { readonly clock: Clock },
  ) {
    this.document = copyOf(keys)
  }

  of(iss: string): Required<KeyFinder> {
    const find = (wanted: WantedKey) => this.set.find(wanted, this.ports.clock.now())
    return {
      find: (kid, alg) => find({ kid, alg, iss }),
      fetchKey: async (kid, alg) => {
        this.reading ??= this.read()
        await this.reading
        const wanted = { kid, alg, iss }
        const key = find(wanted)
        if (key === undefined) throw refusal(this.set, wanted, this.rules)
        return key
      },
    }
  }

  close(): void {
    // There is nothing to end.
  }

  private async read(): Promise<void> {
    this.set = (await readCopy(this.document, this.rules)).set
  }
}

/** Throws a `FetchFailure` if the value is not a set of keys. */
export function readFixedKeys(keys: JSONWebKeySet, rules: KeyRules): Promise<ReadKeySet> {
  return readCopy(copyOf(keys), rules)
}

async function readCopy(document: FrozenObject | undefined, rules: KeyRules): Promise<ReadKeySet> {
  if (document === undefined) throw new FetchFailure('the value is not a JSON object')
  return readKeySet(document, rules)
}

function copyOf(keys: unknown): FrozenObject | undefined {
  try {
    return parseStrictObject(Buffer.from(JSON.stringify(keys) ?? ''))
  } catch {
    return undefined
  }
}
