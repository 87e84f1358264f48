'use strict'

const { posix } = require('node:path')
const { sessionStoreFile } = require('./session-store-file.cjs')

/** The sources to write, as pairs of path and text, in the style of the starters. */
exports.sourceFiles = (app) => {
  const store = sessionStoreFile(app)
  const files = [
    [`${app.name}.module.ts`, moduleFile(app, store)],
    [`${app.name}.controller.ts`, controllerFile(app)],
    ['password.authenticator.ts', authenticatorFile],
    ['load-env.ts', loadEnvFile(app)],
    ...(store === undefined ? [] : [['session-store.ts', store.text]]),
  ]
  return files.map(([file, text]) => [posix.join(app.folder, file), text])
}

function moduleFile({ name, className, extension }, store) {
  const fromStore = store && [store.module, 'sessionStore'].filter(Boolean).join(', ')
  return lines(
    `import './load-env${extension}';`,
    `import { Module } from '@nestjs/common';`,
    `import { APP_GUARD } from '@nestjs/core';`,
    `import { JwtAuthModule, JwtGuard } from '@nest-jwt-auth/core';`,
    `import { ${className}Controller } from './${name}.controller${extension}';`,
    `import { PasswordAuthenticator } from './password.authenticator${extension}';`,
    fromStore && `import { ${fromStore} } from './session-store${extension}';`,
    ``,
    `@Module({`,
    `  imports: [`,
    `    JwtAuthModule.forRootAsync({`,
    store?.module && `      imports: [${store.module}],`,
    `      useFactory: () => ({ secret: process.env.JWT_SECRET }),`,
    fromStore && `      sessionStore,`,
    `      endpoints: {`,
    name !== 'auth' && `        path: '${name}',`,
    `        authenticator: PasswordAuthenticator,`,
    `        login: true,`,
    `        refresh: true,`,
    `        logout: true,`,
    `        logoutAll: true,`,
    `        sessions: true,`,
    `      },`,
    `    }),`,
    `  ],`,
    `  controllers: [${className}Controller],`,
    `  providers: [`,
    `    PasswordAuthenticator,`,
    `    // Every route needs an access token, unless it is @Public() or @OptionalAuth().`,
    `    { provide: APP_GUARD, useExisting: JwtGuard },`,
    `  ],`,
    `})`,
    `export class ${className}Module {}`,
  )
}

const controllerFile = ({ name, className }) =>
  lines(
    `import { Controller, Get } from '@nestjs/common';`,
    `import { CurrentIdentity } from '@nest-jwt-auth/core';`,
    ``,
    `@Controller('${name}')`,
    `export class ${className}Controller {`,
    `  /** An example of a guarded route: without a valid access token the answer is 401. */`,
    `  @Get('me')`,
    `  me(@CurrentIdentity() id: string) {`,
    `    return { id };`,
    `  }`,
    `}`,
  )

const authenticatorFile = lines(
  `import { Injectable } from '@nestjs/common';`,
  `import { Authenticator } from '@nest-jwt-auth/core';`,
  ``,
  `/**`,
  ` * Checks username and password for the login route. Until you write this, nobody can log in:`,
  ` *`,
  ` *   async authenticate({ username, password }: LoginCredentials) {`,
  ` *     find the user, compare the hash of the password, and return the user's id, or null`,
  ` *   }`,
  ` */`,
  `@Injectable()`,
  `export class PasswordAuthenticator extends Authenticator {`,
  `  authenticate(): string | null {`,
  `    return null;`,
  `  }`,
  `}`,
)

function loadEnvFile({ has }) {
  // ConfigModule reads the file itself, and may be set to read another one.
  const readsFile = !has('@nestjs/config')
  return lines(
    `import { randomBytes } from 'node:crypto';`,
    readsFile && `import { existsSync, readFileSync } from 'node:fs';`,
    readsFile && `import { parseEnv } from 'node:util';`,
    ``,
    readsFile &&
      `// Variables that are set win. Without the file, in production for example, nothing is read.`,
    readsFile && `const file = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};`,
    readsFile && `for (const [name, value] of Object.entries(file)) process.env[name] ??= value;`,
    readsFile && ``,
    `// Tests without the file, on a CI server for example: each run has a secret of its own.`,
    `if (process.env.NODE_ENV === 'test') {`,
    `  process.env.JWT_SECRET ??= randomBytes(48).toString('base64url');`,
    `}`,
  )
}

function lines(...items) {
  return `${items.filter((item) => typeof item === 'string').join('\n')}\n`
}
