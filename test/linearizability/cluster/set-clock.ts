import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/**
 * A clock that PostgreSQL goes by (Redis's allocator does not start under it), if the library faketime is installed (`apt-get install faketime`).
 */
export class ServerClock {
  private constructor(
    private readonly folder: string,
    private readonly library: string,
  ) {}

  static async create(): Promise<ServerClock | undefined> {
    const library = await findLibrary()
    if (library === undefined) return undefined
    const clock = new ServerClock(await mkdtemp(join(tmpdir(), 'nest-jwt-auth-clock-')), library)
    await clock.set(0)
    return clock
  }

  /** Of a server that shall go by this clock. */
  get env(): Record<string, string> {
    return {
      LD_PRELOAD: this.library,
      FAKETIME_TIMESTAMP_FILE: this.file,
      FAKETIME_NO_CACHE: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    }
  }

  /** So many seconds ahead of the machine's. */
  async set(ahead: number): Promise<void> {
    await writeFile(this.file, `${ahead < 0 ? '' : '+'}${ahead}\n`)
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }

  private get file(): string {
    return join(this.folder, 'ahead')
  }
}

async function findLibrary(): Promise<string | undefined> {
  for (const folder of await readdir('/usr/lib').catch(() => [])) {
    const path = join('/usr/lib', folder, 'faketime')
    const files: readonly string[] = await readdir(path).catch(() => [])
    if (files.includes('libfaketimeMT.so.1')) return join(path, 'libfaketimeMT.so.1')
  }
  return undefined
}
