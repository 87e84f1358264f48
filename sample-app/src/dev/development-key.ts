import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, StartError } from '../errors.js'

/** Encrypts the keys of a development machine: made once, readable by its owner only, kept so that tokens survive a restart. */
export function developmentKey(dataDir: string): string {
  const file = join(dataDir, 'key-wrap-secret')
  mkdirSync(dataDir, { recursive: true, mode: 0o700 })
  try {
    writeFileSync(file, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  }
  const key = readFileSync(file, 'utf8').trim()
  if (Buffer.byteLength(key) >= 32) return key
  throw new StartError(`${file} does not contain a key. Delete the file, and a new key is made.`)
}
