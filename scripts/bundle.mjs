import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { isAbsolute, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { rollup } from 'rollup'
import ts from 'typescript'

/**
 * Completes each package's `dist`, which is what is published and what runs in this workspace. `tsc -b` has written the
 * type declarations there, and JavaScript to `build`. That JavaScript becomes one file for each entry in the `exports`
 * and `bin` of package.json, and one `shared.js` for what several entries use, so that they share every class.
 */
const packages = fileURLToPath(new URL('../packages/', import.meta.url))
const script = fileURLToPath(import.meta.url)
const tslib = fileURLToPath(new URL('../node_modules/tslib/tslib.es6.mjs', import.meta.url))

/** Reads the compiler's source maps too, so that the bundle's map leads to the TypeScript sources. */
const compilerOutput = {
  name: 'compiler-output',
  resolveId: (id) => (id === 'tslib' ? tslib : null),
  load: (id) => {
    const map = `${id}.map`
    return { code: readFileSync(id, 'utf8'), map: existsSync(map) ? readFileSync(map, 'utf8') : null }
  },
}

/**
 * Comments are read in the sources, which the map holds. In the JavaScript they are a quarter of what each process loads,
 * and one character beyond Latin-1 makes Node keep the whole file in two bytes a character.
 */
const withoutComments = {
  name: 'without-comments',
  renderChunk(code) {
    const { ESNext } = ts.ScriptTarget
    const compilerOptions = { target: ESNext, module: ESNext, removeComments: true, sourceMap: true }
    const { outputText, sourceMapText } = ts.transpileModule(code, { compilerOptions, fileName: 'bundle.js' })
    return { code: outputText.replace(/^\/\/# sourceMappingURL=.*/m, ''), map: sourceMapText }
  },
}

for (const { name } of readdirSync(packages, { withFileTypes: true }).filter((entry) =>
  entry.isDirectory(),
)) {
  const folder = join(packages, name)
  if (isFresh(folder)) continue
  removeLeftovers(folder)
  await bundle(folder)
}

async function bundle(folder) {
  const graph = await rollup({
    input: Object.fromEntries(entriesOf(folder).map((entry) => [entry, join(folder, `build/${entry}.js`)])),
    external: (id) => !id.startsWith('.') && !isAbsolute(id) && id !== 'tslib',
    plugins: [compilerOutput, withoutComments],
    onLog: (_level, { message }) => {
      throw new Error(`${folder}: ${message}`)
    },
  })
  await graph.write({
    dir: join(folder, 'dist'),
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    manualChunks: (id, graph) => (entriesUsing(id, graph).length > 1 ? 'shared' : undefined),
    minifyInternalExports: false,
    hoistTransitiveImports: false,
    sourcemap: true,
  })
  await graph.close()
}

function entriesUsing(id, graph) {
  const users = new Set([id])
  for (const user of users) {
    for (const importer of graph.getModuleInfo(user).importers) users.add(importer)
  }
  return [...users].filter((user) => graph.getModuleInfo(user).isEntry)
}

/** `testing/index` for `./dist/testing/index.js`. */
function entriesOf(folder) {
  const { exports, bin = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
  const files = [...Object.values(exports).flatMap((target) => target.default ?? []), ...Object.values(bin)]
  return files.map((file) => /^(?:\.\/)?dist\/(.+)\.js$/.exec(file)[1])
}

function isFresh(folder) {
  const bundled = changedAt(join(folder, 'dist/index.js.map'))
  return (
    ['build/.tsbuildinfo', 'package.json'].every((file) => changedAt(join(folder, file)) < bundled) &&
    changedAt(script) < bundled
  )
}

function changedAt(path) {
  return existsSync(path) ? statSync(path).mtimeMs : 0
}

/** Earlier bundles, and declarations whose source is gone: the compiler leaves those behind. */
function removeLeftovers(folder) {
  const dist = join(folder, 'dist')
  for (const file of readdirSync(dist, { recursive: true })) {
    const source = join(folder, 'src', file.replace(/\.d\.ts$/, '.ts'))
    if (/\.js(\.map)?$/.test(file) || (file.endsWith('.d.ts') && !existsSync(source)))
      rmSync(join(dist, file))
  }
}
