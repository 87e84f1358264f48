import { cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Application } from 'typedoc'
import { build } from 'vitepress'
import { pagesInOrder } from '../docs/.vitepress/navigation.mjs'
import { deadLinks } from './dead-links.mjs'
import { llmsText } from './llms-text.mjs'

/**
 * Builds the site: `docs/.vitepress/dist`, or the folder that is named as an argument. The API's pages are made of the
 * doc comments. Fails where a link leads nowhere. Needs no network, and the site itself loads nothing from elsewhere.
 */
const root = fileURLToPath(new URL('..', import.meta.url))
const docs = join(root, 'docs')
const site = process.argv[2] ?? join(docs, '.vitepress/dist')

await writeApi(join(docs, 'api'))
await build(docs, { outDir: site })
writeFileSync(join(site, 'llms.txt'), llmsText(docs, pagesInOrder))
for (const page of pagesInOrder.flatMap(({ pages }) => pages))
  cpSync(join(docs, `${page}.md`), join(site, `${page}.md`))
const dead = deadLinks(site)
if (dead.length > 0) throw new Error(`Dead links:\n${dead.join('\n')}`)

async function writeApi(folder) {
  rmSync(folder, { recursive: true, force: true })
  const entries = entryPoints()
  const app = await Application.bootstrapWithPlugins({
    tsconfig: join(docs, '.vitepress/api.tsconfig.json'),
    entryPoints: entries.map(({ file }) => file),
    plugin: ['typedoc-plugin-markdown'],
    out: folder,
    entryFileName: 'index',
    name: 'API',
    readme: 'none',
    logLevel: 'Warn',
    // `npm run docs` and `npm test` have compiled the sources.
    skipErrorChecking: true,
    disableSources: true,
    excludeExternals: true,
    excludePrivate: true,
    hideBreadcrumbs: true,
    hidePageHeader: true,
    validation: { invalidLink: true, notExported: false, notDocumented: false },
    treatWarningsAsErrors: true,
  })
  const project = await app.convert()
  if (project === undefined) throw new Error('The API could not be read: see above.')
  for (const child of project.children) {
    child.name = entries.find(({ module }) => module === child.name).name
  }
  app.validate(project)
  await app.generateOutputs(project)
  if (app.logger.hasErrors() || app.logger.hasWarnings()) throw new Error('The API has problems: see above.')
}

/** The source of each entry of our packages, and the name under which it is imported. */
function entryPoints() {
  const packages = join(root, 'packages')
  return readdirSync(packages).flatMap((folder) => {
    const { name, exports } = JSON.parse(readFileSync(join(packages, folder, 'package.json'), 'utf8'))
    return Object.entries(exports)
      .filter(([, { types }]) => types !== undefined)
      .map(([path, { types }]) => ({
        name: name + path.slice(1),
        file: join(packages, folder, types.replace('./dist/', 'src/').replace('.d.ts', '.ts')),
        // As TypeDoc calls it: `core/src/testing`.
        module: `${folder}/${types.replace('./dist', 'src').replace(/(\/index)?\.d\.ts$/, '')}`,
      }))
  })
}
