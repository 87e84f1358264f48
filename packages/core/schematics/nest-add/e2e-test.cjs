'use strict'

const { posix } = require('node:path')

/** The e2e test to write. `undefined` if the app has no runner for it that the starters have. */
exports.e2eTest = (tree, app) => {
  const runner = runnerOf(tree, app)
  const path = posix.join(app.testFolder, `${app.name}.e2e-spec.ts`)
  if (runner === undefined || tree.exists(path)) return undefined
  return { runner, path, text: testFile(app, runner) }
}

function runnerOf(tree, { testFolder, has }) {
  if (!has('@nestjs/testing') || !has('supertest')) return undefined
  if (has('vitest') && tree.exists('vitest.config.e2e.ts')) return 'vitest'
  if (has('jest') && tree.exists(posix.join(testFolder, 'jest-e2e.json'))) return 'jest'
  return undefined
}

function testFile({ name, extension, isFastify, rootModule, testFolder }, runner) {
  const appModule = posix.relative(testFolder, rootModule).replace(/\.ts$/, extension)
  return [
    `import { INestApplication } from '@nestjs/common';`,
    ...(isFastify ? [`import { FastifyAdapter } from '@nestjs/platform-fastify';`] : []),
    `import { Test } from '@nestjs/testing';`,
    `import { createTestTokens, type TestTokens } from '@nest-jwt-auth/core/testing';`,
    `import request from 'supertest';`,
    `import { App } from 'supertest/types${extension}';`,
    ...(runner === 'vitest' ? [`import { afterAll, beforeAll, describe, it } from 'vitest';`] : []),
    `import { AppModule } from '${appModule}';`,
    ``,
    `describe('Authentication (e2e)', () => {`,
    `  let app: INestApplication<App>;`,
    `  let tokens: TestTokens;`,
    ``,
    `  beforeAll(async () => {`,
    `    const module = await Test.createTestingModule({`,
    `      imports: [AppModule],`,
    `    }).compile();`,
    `    app = module.createNestApplication(${isFastify ? 'new FastifyAdapter()' : ''});`,
    `    await app.listen(0);`,
    `    tokens = createTestTokens(app);`,
    `  });`,
    ``,
    `  afterAll(() => app.close());`,
    ``,
    `  const me = () => request(app.getHttpServer()).get('/${name}/me');`,
    `  const post = (path: string) => request(app.getHttpServer()).post(path);`,
    ``,
    `  it('refuses a request without a token', () => me().expect(401));`,
    ``,
    `  it('answers a request with a token', async () => {`,
    `    await me()`,
    `      .set('authorization', await tokens.bearer('ada'))`,
    `      .expect(200, { id: 'ada' });`,
    `  });`,
    ``,
    `  it('refuses a refresh token of a session that has ended', async () => {`,
    `    const refresh_token = await tokens.refreshToken('ada');`,
    `    await post('/${name}/logout').send({ refresh_token }).expect(204);`,
    `    await post('/${name}/refresh').send({ refresh_token }).expect(401);`,
    `  });`,
    `});`,
    ``,
  ].join('\n')
}
