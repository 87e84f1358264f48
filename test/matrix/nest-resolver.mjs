let parentURL

export function initialize(data) {
  parentURL = data
}

export function resolve(specifier, context, nextResolve) {
  return nextResolve(specifier, specifier.startsWith('@nestjs/') ? { ...context, parentURL } : context)
}
