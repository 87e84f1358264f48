'use strict'

const INSTALL = { npm: 'npm install', pnpm: 'pnpm add', yarn: 'yarn add', bun: 'bun add' }

/** What was done and what is left to do, for the terminal. */
exports.describeResult = (app, { test, todo, isGuarded }) => {
  const packages = packagesToInstall(app)
  const steps = [...packages, ...todo, writeAuthenticator(app)]
  return [
    '',
    isGuarded
      ? 'Every route needs an access token now, unless it is @Public() or @OptionalAuth(). New routes:'
      : `No route is guarded before step ${packages.length + 1} is done. Then every route needs an access token, and there are:`,
    `  GET /${app.name}/me                an example of a guarded route`,
    `  POST /${app.name}/login            { "username": …, "password": … }, refused until step ${steps.length} is done`,
    `  POST /${app.name}/refresh, /${app.name}/logout, /${app.name}/logout-all, GET /${app.name}/sessions`,
    test === undefined
      ? 'No e2e test was written: the app has no test/jest-e2e.json or vitest.config.e2e.ts with supertest.'
      : `Try it with: ${app.packageManager} run test:e2e`,
    '',
    'What is left to do:',
    ...steps.map((step, index) => `  ${index + 1}. ${step.replaceAll('\n', '\n     ')}`),
    '',
  ].join('\n')
}

function packagesToInstall({ store, database, packageManager, has }) {
  const driver = database === 'mysql' ? 'mysql2' : 'pg'
  const sql = ['@nest-jwt-auth/sql', 'kysely', driver]
  const wanted =
    {
      memory: [],
      redis: ['@nest-jwt-auth/redis', 'redis'],
      typeorm: [...sql, '@nestjs/typeorm', 'typeorm'],
    }[store] ?? sql
  const missing = wanted.filter((name) => !has(name))
  const types = wanted.includes('pg') && store !== 'typeorm' && !has('@types/pg')
  const install = INSTALL[packageManager] ?? INSTALL.npm
  return [
    ...(missing.length > 0 ? [`${install} ${missing.join(' ')}`] : []),
    ...(types ? [`${install} -D @types/pg`] : []),
    ...(store === 'typeorm' && !has('@nestjs/typeorm')
      ? ['Import TypeOrmModule.forRoot(…) in the root module.']
      : []),
  ]
}

function writeAuthenticator({ folder }) {
  return `Check username and password in ${folder}/password.authenticator.ts.`
}
