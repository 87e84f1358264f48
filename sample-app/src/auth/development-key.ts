import { randomBytes } from 'node:crypto'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../error-code.js'
import { StartError } from '../start.error.js'

/** The key of a development machine: made once, readable by its owner only, kept so that tokens outlive a restart. */
export function developmentKey(dataDir: string): string {
  const file = join(dataDir, 'jwt-secret')
  const key = read(file) ?? make(file)
  if (Buffer.byteLength(key) < 32)
    throw new StartError(`${file} holds no key. Delete it, and a new one is made.`)
  return key
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined
    throw error
  }
}

/** Written aside and then linked: of two processes that start at once, both get the key of the first, whole. */
function make(file: string): string {
  const draft = `${file}.${process.pid}.${randomBytes(4).toString('hex')}`
  mkdirSync(join(file, '..'), { recursive: true, mode: 0o700 })
  writeFileSync(draft, `${randomBytes(48).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
  try {
    linkSync(draft, file)
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error
  } finally {
    rmSync(draft)
  }
  return readFileSync(file, 'utf8').trim()
}
