import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { satisfies } from 'semver'
import { type InstalledPackage, installedPackages } from './package-tree.js'
import type { Report } from './report.js'

/** Packages that must be loaded once in an app. */
const SINGLE = ['@nestjs/common', '@nestjs/core', '@nest-jwt-auth/core']

/** What an app no longer needs beside this library. */
const FORMER: ReadonlySet<string> = new Set([
  '@nestjs/jwt',
  '@nestjs/passport',
  'passport-jwt',
  'express-jwt',
])

/** Looks at what is installed for the app in `root`: copies, versions, and packages of the time before. */
export function checkPackages(root: string, report: Report): void {
  if (existsSync(join(root, '.pnp.cjs'))) {
    report.skip('the installed packages', "Yarn Plug'n'Play keeps them in archives")
    return
  }
  const installed = installedPackages(root)
  for (const name of SINGLE)
    checkCopies(
      installed.filter((found) => found.name === name),
      root,
      report,
    )
  const core = installed.find(({ name }) => name === '@nest-jwt-auth/core')
  if (core === undefined) {
    report.skip('the versions of Node and Nest', `@nest-jwt-auth/core is not installed for ${root}`)
  } else {
    checkNode(core, report)
    for (const name of ['@nestjs/common', '@nestjs/core']) checkNest(name, core, installed, report)
  }
  const former = installed.filter(({ name, usedBy }) => usedBy === undefined && FORMER.has(name))
  for (const { name, version } of former) {
    report.add('package_left_over', {
      at: `${name}@${version}`,
      what: 'The package makes or verifies JWTs too.',
      fix: { where: 'in a terminal, once nothing imports it', write: `npm uninstall ${name}` },
    })
  }
}

function checkCopies(copies: readonly InstalledPackage[], root: string, report: Report): void {
  const [own, ...others] = copies
  for (const { name, version, folder, usedBy } of others) {
    report.add('package_twice', {
      at: `${relative(root, folder)} (${version}), which ${usedBy ?? 'the app'} loads`,
      what: `There are ${copies.length} copies of ${name}; the app loads ${own?.version}.`,
      fix: {
        where: 'in package.json, and install again (with pnpm, below "pnpm")',
        write: `"overrides": { "${name}": "$${name}" }`,
      },
    })
  }
}

function checkNode({ manifest: { engines } }: InstalledPackage, report: Report): void {
  const range = engines?.node
  if (range === undefined || satisfies(process.version, range)) return
  report.add('node_unsupported', {
    at: `Node ${process.version}`,
    what: `@nest-jwt-auth/core supports Node ${range}.`,
    fix: { where: 'in a terminal (and in the Dockerfile: FROM node:24-slim)', write: 'nvm install 24' },
  })
}

function checkNest(
  name: string,
  core: InstalledPackage,
  installed: readonly InstalledPackage[],
  report: Report,
): void {
  const range = core.manifest.peerDependencies?.[name]
  const nest = installed.find((found) => found.name === name)
  if (range === undefined || nest === undefined) return
  if (satisfies(nest.version, range, { includePrerelease: true })) return
  report.add('nest_unsupported', {
    at: `${name}@${nest.version}`,
    what: `@nest-jwt-auth/core supports ${name} ${range}.`,
    fix: { where: 'in a terminal, with the other @nestjs packages', write: `npm install ${name}@12` },
  })
}
