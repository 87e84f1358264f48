import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { codeOf, StartError } from '../errors.js'

/** The process id alone could be another process's: in a container, every main process has number 1. */
const SELF = `${process.pid} ${performance.timeOrigin}`

/**
 * PGlite does not notice a second process on the same files, and two of them would corrupt the database. The lock is a
 * file that names its owner; the lock of a process that has ended is taken over. Returns a function that releases it.
 */
export function lockFolder(folder: string): () => void {
  const lock = join(folder, 'lock')
  const owner = readOwner(lock)
  const [pid] = owner.split(' ')
  if (isAlive(owner)) {
    throw new StartError(
      `The data folder ${folder} is in use by process ${pid}. Stop that process, or set DATA_DIR or DATABASE_URL. ` +
        `(If process ${pid} is another program, delete ${lock}.)`,
    )
  }
  rmSync(lock, { force: true })
  writeFileSync(lock, SELF, { flag: 'wx' })
  const unlock = () => {
    process.off('exit', unlock)
    rmSync(lock, { force: true })
  }
  process.on('exit', unlock)
  return unlock
}

function readOwner(lock: string): string {
  try {
    return readFileSync(lock, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return ''
    throw error
  }
}

function isAlive(owner: string): boolean {
  const pid = Number(owner.split(' ')[0])
  if (pid === process.pid) return owner === SELF
  try {
    return pid > 0 && process.kill(pid, 0)
  } catch (error) {
    return codeOf(error) === 'EPERM' // alive, but owned by another user
  }
}
