import { IN_MEMORY_REPORT, type StoreReport } from '../../store-report.js'
import { type KeyDocument, KeyStore, type ReplaceKeysInput } from './key-store.js'

/**
 * Keeps the keys in this process: for one instance, tests and development. A restart makes all tokens invalid that were
 * signed before.
 */
export class InMemoryKeyStore extends KeyStore {
  private document: KeyDocument | undefined

  async read(): Promise<KeyDocument | undefined> {
    return this.document
  }

  async replace({ document, replaces }: ReplaceKeysInput): Promise<boolean> {
    if (this.document?.version !== replaces) return false
    this.document = Object.freeze({ ...document })
    return true
  }

  override async report(): Promise<StoreReport> {
    return IN_MEMORY_REPORT
  }
}
