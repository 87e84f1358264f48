const { existsSync, readFileSync, statSync } = require('node:fs')
const path = require('node:path')
const swc = require('@swc/jest')

/** Compiles with swc; takes the text of a mutated file from the folder MUTATION_FOLDER, where all its mutants are in. */
exports.createTransformer = (options) => {
  const inner = swc.createTransformer(options)
  const textOf = (text, file, { cwd }) => {
    const mutated = path.join(process.env.MUTATION_FOLDER, path.relative(cwd, file))
    return existsSync(mutated) && statSync(mutated).isFile() ? readFileSync(mutated, 'utf8') : text
  }
  return {
    ...inner,
    canInstrument: false,
    getCacheKey: (text, file, call) => inner.getCacheKey(textOf(text, file, call.config), file, call),
    process: (text, file, call) => inner.process(textOf(text, file, call.config), file, call),
    processAsync: (text, file, call) => inner.processAsync(textOf(text, file, call.config), file, call),
  }
}
