import preset from '../jest-preset.mjs'

const [{ globalSetup: _, ...project }] = preset.projects

/** The two suites that test/isolation/isolation.spec.ts runs in one process. */
export default { ...project, testMatch: ['**/test/isolation/*.suite.ts'] }
