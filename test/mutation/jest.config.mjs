import preset from '../jest-preset.mjs'

const [{ globalSetup: _, displayName: __, ...project }] = preset.projects
const [, options] = project.transform['^.+\\.ts$']

/** The suites of the newest Nest, with instrumented sources and without services. */
export default {
  ...project,
  roots: ['<rootDir>/packages', '<rootDir>/test'],
  testEnvironment: '<rootDir>/test/mutation/environment.mjs',
  transform: { ...project.transform, '^.+\\.ts$': ['<rootDir>/test/mutation/transform.cjs', options] },
  reporters: [],
  watchman: false,
  testTimeout: preset.testTimeout,
}
