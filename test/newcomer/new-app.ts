import { SchematicTestRunner, UnitTestTree } from '@angular-devkit/schematics/testing/index.js'
import { Tree } from '@angular-devkit/schematics'
import { join } from 'node:path'
import { workspaceRoot } from '../support/run.js'

/** The files of an app that matter to `nest add`, in memory. */
export type AppFiles = Record<string, string>

export const rootModule = `import { Module } from '@nestjs/common';
import { AppController } from './app.controller';

@Module({
  imports: [],
  controllers: [AppController],
})
export class AppModule {}
`

export const rootController = `import { Controller, Get } from '@nestjs/common';

@Controller()
export class AppController {
  @Get()
  getHello(): string {
    return 'Hello World!';
  }
}
`

export const newApp: AppFiles = {
  'package.json': JSON.stringify({
    dependencies: { '@nestjs/platform-express': '^12.0.1' },
    devDependencies: { '@nestjs/testing': '^12.0.1', supertest: '^7.0.0', jest: '^30.0.0' },
    jest: { transform: { '^.+\\.(t|j)s$': 'ts-jest' } },
  }),
  'src/app.module.ts': rootModule,
  'src/app.controller.ts': rootController,
  'test/jest-e2e.json': '{ "transform": { "^.+\\\\.(t|j)s$": "ts-jest" } }',
}

export interface Added {
  tree: UnitTestTree
  /** What the command prints. */
  printed: string
}

/** Runs `nest add` on an app; its files are not written to disk. */
export async function nestAdd(files: AppFiles | UnitTestTree, options: object = {}): Promise<Added> {
  const collection = join(workspaceRoot, 'packages/core/schematics/collection.json')
  const runner = new SchematicTestRunner('@nest-jwt-auth/core', collection)
  let printed = ''
  runner.logger.subscribe(({ message }) => (printed += message))
  const tree = await runner.runSchematic('nest-add', options, treeOf(files))
  return { tree, printed }
}

function treeOf(files: AppFiles | UnitTestTree): Tree {
  if (files instanceof UnitTestTree) return files
  const tree = Tree.empty()
  for (const [path, text] of Object.entries(files)) tree.create(path, text)
  return tree
}
