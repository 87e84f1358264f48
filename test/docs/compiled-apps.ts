import { afterAll, beforeAll, expect } from '@jest/globals'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { startProcess } from '../support/app-process.js'
import { compileWithSwc } from '../support/compile-with-swc.js'
import { compileWithTsc } from '../support/compile-with-tsc.js'
import { workspaceRoot } from '../support/run.js'
import type { Sources } from './code-blocks.js'

/** As `nest new` writes it; a page may leave it out. */
export const starterMain: Sources[number] = [
  'src/main.ts',
  `import { NestFactory } from '@nestjs/core'
import { AppModule } from './app.module.js'

async function bootstrap() {
  const app = await NestFactory.create(AppModule)
  await app.listen(process.env.PORT ?? 3000)
}
await bootstrap()
`,
]

/** Compiles the sources of one app with both compilers of the Nest 12 starter, and returns the app's folder. */
export type Compile = (name: string, sources: Sources) => Promise<string>

/** For one spec file: the apps are outside the repository, and are removed at its end. */
export function useCompiler(): Compile {
  let outside: string

  beforeAll(async () => {
    outside = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-docs-'))
    await writeFile(join(outside, 'package.json'), '{ "type": "module" }')
    await symlink(join(workspaceRoot, 'node_modules'), join(outside, 'node_modules'), 'junction')
  })

  afterAll(() => rm(outside, { recursive: true, force: true }))

  return async (name, sources) => {
    const app = join(outside, name.replaceAll(/\W+/g, '-'))
    for (const [path, code] of sources) {
      await mkdir(dirname(join(app, path)), { recursive: true })
      await writeFile(join(app, path), code)
    }
    const files = sources.map(([path]) => join(app, path))
    expect(compileWithTsc(app, files)).toBe('')
    await compileWithSwc(join(app, 'src'), join(app, 'dist-swc'))
    return app
  }
}

/** Starts what was compiled, and stops it after `work`. */
export async function whileRunning(
  app: string,
  env: Record<string, string>,
  work: (port: number) => Promise<void>,
  build = 'dist',
): Promise<void> {
  const running = await startProcess(join(app, build, 'main.js'), env)
  try {
    await work(running.port)
  } finally {
    await running.stop()
  }
}
