import type { StoreReport } from '../../store-report.js'

/** Everything that a key store keeps: one document, as the core wrote it. */
export interface KeyDocument {
  /** A whole number. Each document that is written has a larger one than the document that it replaces. */
  readonly version: number
  /** Text of printable ASCII characters, usually a few kilobytes. Private keys in it are encrypted. */
  readonly data: string
}

/** A document that may replace another one. */
export interface ReplaceKeysInput {
  /** What is stored from then on. */
  readonly document: KeyDocument
  /** The version of the document that must be there for this one to replace it; `undefined`: there must be none. */
  readonly replaces: number | undefined
}

/**
 * Keeps the keys of `keyRotation` for all instances of an app, as one document that is read and replaced whole. The core
 * encrypts the keys, decides when each one signs, and waits no longer than a few seconds. Test a store of your own with
 * `keyStoreCases` of `@nest-jwt-auth/core/testing`.
 */
export abstract class KeyStore {
  /**
   * The document that was written last, `undefined` before the first one. Must see what any instance has written before,
   * so it must ask the primary and not a replica. Rejects if the store cannot be reached.
   */
  abstract read(): Promise<KeyDocument | undefined>

  /**
   * Writes `document` if the version of the stored one is `replaces`, in one atomic step; returns whether it did. Of
   * several instances that replace the same version, exactly one succeeds, and the document of another is never changed.
   */
  abstract replace(input: ReplaceKeysInput): Promise<boolean>

  /**
   * Optional, for tools such as `nest-jwt-auth doctor`: what an operator should know about the store. Changes nothing, also
   * works where tables are missing, and rejects if the store cannot be reached.
   */
  report?(): Promise<StoreReport>
}
