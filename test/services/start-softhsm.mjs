import { execFile } from 'node:child_process'
import { access, mkdtemp, writeFile } from 'node:fs/promises'
import { rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

const modules = [
  '/usr/lib/softhsm/libsofthsm2.so',
  '/usr/lib64/softhsm/libsofthsm.so',
  '/usr/local/lib/softhsm/libsofthsm2.so',
  '/opt/homebrew/lib/softhsm/libsofthsm2.so',
]

/**
 * Makes one empty PKCS#11 token with the PIN 1234, in a folder of its own that ends with this process. Resolves to
 * SoftHSM's module. Its configuration must be in the real environment: this process's, which the workers inherit.
 */
export async function startSoftHsm(file) {
  createRequire(new URL('../pkcs11/package.json', import.meta.url))('pkcs11js')
  const path = await Promise.any((file ? [file] : modules).map((one) => access(one).then(() => one)))
  const folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-softhsm-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  process.env.SOFTHSM2_CONF = join(folder, 'softhsm2.conf')
  await writeFile(process.env.SOFTHSM2_CONF, `directories.tokendir = ${folder}\nlog.level = ERROR\n`)
  const pins = ['--so-pin', '1234', '--pin', '1234']
  await promisify(execFile)('softhsm2-util', ['--init-token', '--free', '--label', 'jwt', ...pins])
  return path
}
