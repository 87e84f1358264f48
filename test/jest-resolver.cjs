// Our sources import './x.js', as Node wants it; under test './x.ts' is what is there.
module.exports = (request, options) => {
  if (/^\.{1,2}\/.*\.js$/.test(request) && !options.basedir.includes('node_modules')) {
    try {
      return options.defaultResolver(request.replace(/\.js$/, '.ts'), options)
    } catch {
      // a real .js file
    }
  }
  return options.defaultResolver(request, options)
}
