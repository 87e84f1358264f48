import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const root = fileURLToPath(new URL('../../', import.meta.url))

/** The project of `test/jest-preset.mjs`, and the folder whose packages of Nest it uses. */
export const nests = [
  ['nest-11.1', 'test/nest-11.1'],
  ['nest-11', 'test/nest-11'],
  ['nest-12.0', 'test/nest-12.0'],
  ['nest-12', '.'],
].map(([project, path]) => {
  const folder = join(root, path)
  const { version } = JSON.parse(readFileSync(join(folder, 'node_modules/@nestjs/core/package.json'), 'utf8'))
  return { project, folder, version }
})

export const nodeRanges = ['20', '22', '24']

/** Node itself, from the packages that hold its binaries: into a folder of their own, as no part of this repository. */
export function installNodes(ranges) {
  const folder = join(root, 'node_modules/.cache/matrix')
  const platform = process.platform === 'win32' ? 'win' : process.platform
  const packages = ranges.map((range) => `node-${range}@npm:node-${platform}-${process.arch}@${range}`)
  mkdirSync(folder, { recursive: true })
  const options = ['--prefix', folder, '--no-audit', '--no-fund', '--no-package-lock', '--ignore-scripts']
  execFileSync('npm', ['install', ...options, ...packages], { shell: process.platform === 'win32' })
  return ranges.map((range) => {
    const program = join(folder, 'node_modules', `node-${range}`, 'bin/node')
    return { program, version: execFileSync(program, ['-p', 'process.versions.node']).toString().trim() }
  })
}
