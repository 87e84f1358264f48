import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf } from '../error-code.js'
import { StartError } from '../start.error.js'

/** Its number alone could be another process's: in a container every process is number 1. */
const SELF = `${process.pid} ${performance.timeOrigin}`

/**
 * PGlite does not notice a second process on the same files, which would ruin them. The lock is a file that names
 * its owner; the lock of a process that is no more is taken over. Returns what gives the lock back.
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'lock')
  const claim = `${lock}.${process.pid}`
  writeFileSync(claim, SELF)
  try {
    while (!did('EEXIST', () => linkSync(claim, lock))) {
      const owner = ownerOf(lock)
      if (owner !== undefined && isAlive(owner)) throw inUse(folder, lock, owner)
      if (owner !== undefined) takeAway(lock, owner)
    }
  } finally {
    rmSync(claim, { force: true })
  }
  const unlock = () => {
    process.off('exit', unlock)
    rmSync(lock, { force: true })
  }
  process.on('exit', unlock)
  return unlock
}

function inUse(folder: string, lock: string, owner: string): StartError {
  const pid = owner.split(' ')[0]
  return new StartError(
    `The data folder ${folder} is in use by process ${pid}: end that one, or set DATA_DIR or DATABASE_URL. ` +
      `(If it is no such process, delete ${lock}.)`,
  )
}

function isAlive(owner: string): boolean {
  const pid = Number(owner.split(' ')[0])
  if (pid === process.pid) return owner === SELF
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM' // alive, and somebody else's
  }
}

/** Moved aside first: should another process have taken the lock over meanwhile, it gets it back. */
function takeAway(lock: string, owner: string): void {
  const aside = `${lock}.${process.pid}.stale`
  if (!did('ENOENT', () => renameSync(lock, aside))) return
  if (ownerOf(aside) !== owner) did('EEXIST', () => linkSync(aside, lock))
  rmSync(aside)
}

function ownerOf(lock: string): string | undefined {
  let owner: string | undefined
  did('ENOENT', () => (owner = readFileSync(lock, 'utf8')))
  return owner
}

/** Whether it went well; `false` for the one failure that is expected. */
function did(expected: string, act: () => void): boolean {
  try {
    act()
    return true
  } catch (error) {
    if (codeOf(error) === expected) return false
    throw error
  }
}
