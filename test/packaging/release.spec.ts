import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { run, workspaceRoot } from '../support/run.js'
import { manifestOf, packageFolder } from './tarball.js'

const folders = readdirSync(join(workspaceRoot, 'packages'))

describe.each(folders)('packages/%s, when it is released', (folder) => {
  it('says where it comes from, so that npm can show its provenance', () => {
    const manifest = JSON.parse(readFileSync(join(packageFolder(folder), 'package.json'), 'utf8'))
    const { repository } = JSON.parse(readFileSync(join(workspaceRoot, 'package.json'), 'utf8'))

    expect(manifest).toMatchObject({
      license: 'MIT',
      description: expect.stringMatching(/.{20}/),
      repository: { ...repository, directory: `packages/${folder}` },
      homepage: expect.stringContaining(`packages/${folder}`),
      bugs: expect.stringMatching(/^https:/),
      publishConfig: { access: 'public', provenance: true },
    })
    expect(manifest.keywords).toEqual(expect.arrayContaining(['nestjs', 'jwt']))
  })
})

describe('npm run sbom', () => {
  it('lists the packages, what they depend on, and nothing that only tests need', async () => {
    const bom: { components: { name: string; version: string; purl: string }[] } = JSON.parse(
      await run('node', ['scripts/sbom.mjs']),
    )
    const names = bom.components.map(({ name }) => name)
    const dependencies = folders.flatMap((folder) => Object.keys(manifestOf(folder).dependencies ?? {}))

    expect(names).toEqual(
      expect.arrayContaining([...folders.map((folder) => `@nest-jwt-auth/${folder}`), ...dependencies]),
    )
    expect(names).not.toEqual(expect.arrayContaining(['jest']))
    expect(names).not.toEqual(expect.arrayContaining(['@nestjs/common']))
    expect(
      bom.components.filter(
        ({ name, version, purl }) => !purl.endsWith(`${name.replace('@', '%40')}@${version}`),
      ),
    ).toEqual([])
  })
})
