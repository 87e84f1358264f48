import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * Prints the software bill of materials (CycloneDX) of what the packages bring along: themselves and their dependencies,
 * in the versions of package-lock.json. Their peers are the app's own choice. `npm sbom` of the whole workspace would list
 * what only tests need.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const { packages: locked } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))

const published = readdirSync(join(root, 'packages')).map((folder) => `packages/${folder}`)
const dependencies = Object.fromEntries(published.map((place) => [locked[place].name, locked[place].version]))
const packages = {
  '': { name: 'nest-jwt-auth', version: Object.values(dependencies)[0], dependencies },
}
for (const place of published) add(place, `node_modules/${locked[place].name}`)

const folder = mkdtempSync(join(tmpdir(), 'sbom-'))
write('package.json', packages[''])
write('package-lock.json', { name: 'nest-jwt-auth', lockfileVersion: 3, packages })
const args = ['sbom', '--sbom-format', 'cyclonedx', '--package-lock-only']
process.stdout.write(execFileSync('npm', args, { cwd: folder, shell: process.platform === 'win32' }))
rmSync(folder, { recursive: true })

/** Copies the package at `place` of the lock file to `target`, with everything that it depends on. */
function add(place, target) {
  if (target in packages) return
  const { name, version, resolved, integrity, license, dependencies = {} } = locked[place]
  packages[target] = { name, version, resolved, integrity, license, dependencies }
  for (const dependency of Object.keys(dependencies)) {
    const found = placeOf(dependency, place)
    add(found, found)
  }
}

/** Where Node finds `name` from the package at `place`: in its own node_modules, or in those of a folder above. */
function placeOf(name, place) {
  const candidates = [`${place}/node_modules/${name}`]
  for (let at = place; at.includes('/node_modules/');) {
    at = at.slice(0, at.lastIndexOf('/node_modules/'))
    candidates.push(`${at}/node_modules/${name}`)
  }
  const found = [...candidates, `node_modules/${name}`].find((candidate) => candidate in locked)
  if (found === undefined) throw new Error(`${name} is not in package-lock.json. Run npm install.`)
  return found
}

function write(file, content) {
  writeFileSync(join(folder, file), JSON.stringify(content))
}
