import { transformFile, type Options } from '@swc/core'
import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

// What `nest build -b swc` of the Nest 12 starter hands to swc for an ES module.
const starterSettings: Options = {
  swcrc: false,
  sourceMaps: true,
  module: { type: 'es6', resolveFully: true },
  jsc: {
    target: 'es2021',
    parser: { syntax: 'typescript', decorators: true, dynamicImport: true },
    transform: { legacyDecorator: true, decoratorMetadata: true, useDefineForClassFields: false },
    keepClassNames: true,
    experimental: { keepImportAttributes: true },
  },
}

/** Compiles the TypeScript files of a folder into another, each file alone, as swc does. */
export async function compileWithSwc(sources: string, out: string): Promise<void> {
  const files = (await readdir(sources, { recursive: true })).filter((file) => file.endsWith('.ts'))
  for (const file of files) {
    const { code } = await transformFile(join(sources, file), starterSettings)
    const target = join(out, file.replace(/\.ts$/, '.js'))
    await mkdir(dirname(target), { recursive: true })
    await writeFile(target, code)
  }
}
