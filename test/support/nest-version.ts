import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

/** Some versions of Nest do not export their package.json, so it is read. */
const entry = createRequire(import.meta.url).resolve('@nestjs/core')
const manifest = readFileSync(entry.replace(/(?<=[\\/]@nestjs[\\/]core[\\/]).*$/, 'package.json'), 'utf8')

/** The version of Nest that this suite runs on. */
export const { version: nestVersion } = JSON.parse(manifest) as { version: string }

const [installedMajor = 0, installedMinor = 0] = nestVersion.split('.').map(Number)

/** Whether this Nest is of that version or of a later one. */
export function isFrom(major: number, minor: number): boolean {
  return installedMajor > major || (installedMajor === major && installedMinor >= minor)
}

export const isNest11 = !isFrom(12, 0)
