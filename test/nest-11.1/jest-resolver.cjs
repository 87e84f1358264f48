const { existsSync } = require('node:fs')
const path = require('node:path')
const resolve = require('../jest-resolver.cjs')

const beside = path.join(__dirname, '../nest-11')
const isHere = (request) => existsSync(path.join(__dirname, 'node_modules', ...request.split('/', 2)))

// The packages of Nest 11.1, for our sources, for the suites and for each other. What is not installed here, as GraphQL
// and the adapters of WebSockets, is taken from Nest 11.2: its versions accept any Nest 11.
module.exports = (request, options) => {
  if (!request.startsWith('@nestjs/')) return resolve(request, options)
  return resolve(request, { ...options, basedir: isHere(request) ? __dirname : beside })
}
