import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { build, type BuildOptions, type Plugin } from 'esbuild'
import { compileScript, parse } from 'vue/compiler-sfc'
import { workspaceRoot } from '../../support/run.js'
import { codeBlocks } from '../code-blocks.js'

export type Framework = 'react' | 'vue'

const page = 'docs/react-and-vue.md'

/** The files of the page for one framework, by their names. */
function filesOf(framework: Framework): Map<string, string> {
  const files = new Map<string, string>()
  for (const { code } of codeBlocks(page)) {
    const [, app = '', name = ''] = /^(?:\/\/|<!--) (?:([\w-]+)\/)?src\/([\w.-]+)/.exec(code) ?? []
    if (app === '' || app === framework) files.set(name, code)
  }
  return files
}

/** Resolves what the entry imports to the files of the page. */
function pagePlugin(framework: Framework): Plugin {
  const files = filesOf(framework)
  return {
    name: 'page',
    setup(building) {
      building.onResolve({ filter: /^\.\// }, ({ path }) => {
        const name = [...files.keys()].find((file) => `./${file}`.replace(/\.tsx?$/, '.js') === path)
        return name === undefined ? undefined : { path: name, namespace: 'page' }
      })
      building.onLoad({ filter: /./, namespace: 'page' }, ({ path }) => {
        const code = files.get(path) ?? ''
        const resolveDir = workspaceRoot
        if (path.endsWith('.vue')) return { contents: compileComponent(code), loader: 'ts', resolveDir }
        return { contents: code, loader: path.endsWith('x') ? 'tsx' : 'ts', resolveDir }
      })
    },
  }
}

function compileComponent(code: string): string {
  const { descriptor, errors } = parse(code)
  if (errors.length > 0) throw errors[0]
  return compileScript(descriptor, { id: 'page', inlineTemplate: true }).content
}

/** Bundles an entry of this folder with the page's files and the published client. */
export async function bundleOf(
  framework: Framework,
  entry: 'browser' | 'server',
  options: BuildOptions,
): Promise<string> {
  const file = join(dirname(new URL(import.meta.url).pathname), `${framework}-${entry}.js`)
  const { outputFiles } = await build({
    stdin: { contents: await readFile(file, 'utf8'), loader: 'jsx', resolveDir: workspaceRoot },
    bundle: true,
    write: false,
    format: 'esm',
    jsx: 'automatic',
    plugins: [pagePlugin(framework)],
    logLevel: 'silent',
    ...options,
  })
  return outputFiles?.[0]?.text ?? ''
}
