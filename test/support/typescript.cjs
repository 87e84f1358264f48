// What suites import as 'typescript': see test/jest-environment.mjs.
module.exports = globalThis.outside.typescript
