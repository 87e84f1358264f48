const resolve = require('../jest-resolver.cjs')

// The packages of Nest 11.1, for our sources, for the suites and for each other.
module.exports = (request, options) =>
  resolve(request, request.startsWith('@nestjs/') ? { ...options, basedir: __dirname } : options)
