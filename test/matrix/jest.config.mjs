import preset from '../jest-preset.mjs'

const anySuite = { roots: ['<rootDir>/test'], testMatch: ['**/*.spec.ts'] }

/** Any suite on any version of Nest: `npm run matrix` names the suites and the version. */
export default {
  ...preset,
  rootDir: preset.projects[0].rootDir,
  projects: preset.projects.map((project) => Object.assign({}, project, anySuite)),
}
