import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { services } from './services.mjs'

/** Runs before all suites: looks once for the services that some of them need, and passes their places to the workers. */
export default async function findServices(_globalConfig, { roots }) {
  const found = {}
  const look = async ([name, { variable, label, find }]) => {
    const wanted = process.env[variable] || undefined
    try {
      found[name] = process.env[variable] = await find(wanted)
    } catch (error) {
      delete process.env[variable]
      if (wanted) console.warn(`${variable} is set, but ${label} was not found there: ${error.message}`)
    }
  }
  await Promise.all(Object.entries(services).map(look))
  process.env.FOUND_SERVICES = JSON.stringify(found)

  if (process.env.REQUIRE_SERVICES !== '1') return
  const missing = (await servicesInUse(roots)).filter((name) => !(name in found))
  if (missing.length === 0) return
  console.error(
    `REQUIRE_SERVICES=1, but these are missing: ${missing.map((name) => services[name].label).join(', ')}.`,
  )
  process.exit(1)
}

async function servicesInUse(roots) {
  const names = Object.keys(services)
  const used = new Set()
  for (const root of roots) {
    for (const path of await readdir(root, { recursive: true })) {
      if (!path.endsWith('.spec.ts') || path.includes('node_modules')) continue
      const text = await readFile(join(root, path), 'utf8')
      for (const name of names) if (text.includes(`describeWith('${name}'`)) used.add(name)
    }
  }
  return [...used]
}
