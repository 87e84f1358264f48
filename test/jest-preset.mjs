import { fileURLToPath } from 'node:url'
import vm from 'node:vm'

// Native ESM where node was started with --experimental-vm-modules (`npm test`), CommonJS otherwise
// (a bare `npx jest`): the suites pass either way.
const esm = typeof vm.SourceTextModule === 'function'

const HOUR = 3_600_000

const swc = (syntax) => [
  '@swc/jest',
  {
    swcrc: false,
    sourceMaps: 'inline',
    jsc: {
      target: 'es2022',
      keepClassNames: true,
      parser: syntax === 'ts' ? { syntax: 'typescript', decorators: true } : { syntax: 'ecmascript' },
      transform: {
        legacyDecorator: true,
        decoratorMetadata: true,
        useDefineForClassFields: false,
        ...(syntax === 'ts' && esm ? { verbatimModuleSyntax: true } : {}),
      },
    },
  },
]

const source = (name, path = 'index') => `<rootDir>/packages/${name}/src/${path}.ts`

/** The suite that fails where a version of Nest has changed what this library relies on. */
const whatNestDoesNotPromise = '**/test/guard/nest-internals.spec.ts'

/** What all projects have in common: one for each version of Nest that is tried. */
const project = {
  testEnvironment: '<rootDir>/test/jest-environment.mjs',
  runtime: '<rootDir>/test/jest-runtime.cjs',
  rootDir: fileURLToPath(new URL('..', import.meta.url)),
  modulePathIgnorePatterns: ['<rootDir>/(packages/[^/]+|sample-app)/(build|dist)/'],
  testPathIgnorePatterns: ['/node_modules/', '<rootDir>/test/packaging/consumers/'],
  globalSetup: '<rootDir>/test/services/find-services.mjs',
  moduleNameMapper: {
    '^@nest-jwt-auth/core$': source('core'),
    '^@nest-jwt-auth/browser$': source('browser'),
    '^@nest-jwt-auth/browser/user-store$': source('browser', 'user-store'),
    '^@nest-jwt-auth/core/testing$': source('core', 'testing/index'),
    '^@nest-jwt-auth/core/issuers$': source('core', 'issuers/index'),
    '^@nest-jwt-auth/core/websockets$': source('core', 'websockets/index'),
    '^@nest-jwt-auth/core/microservices$': source('core', 'microservices/index'),
    '^@nest-jwt-auth/core/swagger$': source('core', 'swagger/index'),
    '^@nest-jwt-auth/redis$': source('redis'),
    '^@nest-jwt-auth/sql$': source('sql'),
  },
  extensionsToTreatAsEsm: esm ? ['.ts'] : [],
  transform: { '^.+\\.ts$': swc('ts'), '^.+\\.[cm]?js$': swc('js') },
}

/** A project that runs this one suite on a version of Nest that is installed beside the others. */
const trialOf = (version) => ({
  ...project,
  displayName: `nest-${version}`,
  roots: ['<rootDir>/test/guard'],
  testMatch: [whatNestDoesNotPromise],
  resolver: `<rootDir>/test/nest-${version}/jest-resolver.cjs`,
})

export default {
  projects: [
    {
      ...project,
      displayName: 'nest-12',
      roots: ['<rootDir>/packages', '<rootDir>/sample-app', '<rootDir>/test'],
      testMatch: ['**/*.spec.ts'],
      resolver: '<rootDir>/test/jest-resolver.cjs',
    },
    {
      ...project,
      displayName: 'nest-11',
      roots: ['<rootDir>/test/transports', '<rootDir>/test/openapi', '<rootDir>/test/guard'],
      testMatch: ['**/test/{transports,openapi}/**/*.spec.ts', whatNestDoesNotPromise],
      resolver: '<rootDir>/test/nest-11/jest-resolver.cjs',
    },
    trialOf('11.1'),
    trialOf('12.0'),
  ],
  reporters: ['default', '<rootDir>/test/services/closing-reporter.mjs'],
  testSequencer: '<rootDir>/test/jest-sequencer.mjs',
  coverageProvider: 'v8',
  workerIdleMemoryLimit: '1536MB',
  // A time-out is for what hangs: nothing may fail because a machine is slow, or is fuzzing for an hour.
  testTimeout: ['FUZZ_RUNS', 'FUZZ_SECONDS', 'HISTORIES'].some((name) => process.env[name])
    ? 6 * HOUR
    : HOUR / 4,
}
