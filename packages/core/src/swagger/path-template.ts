/**
 * The key of `paths` under which `@nestjs/swagger` documents a route: `/items/{id}` for `/items/:id`. Wildcards are written
 * like parameters, and parts that may be left out are written out.
 */
export function pathTemplate(path: string): string {
  const template = modern(path)
    .replaceAll('::', '\\:')
    .replaceAll('[:]', '\\:')
    .replaceAll(/\(\^([^)]+)\)/g, '')
    .replaceAll(TOKEN, (_, escaped?: string, quoted?: string, name?: string) =>
      escaped === undefined ? nameIn(quoted ?? name) : escaped,
    )
  return template === '' ? '/' : template
}

/** The same for all paths that differ only in the names of parameters. */
export function pathShape(template: string): string {
  return template.replaceAll(/\{[^{}]*\}/g, '{}')
}

/** In the syntax of path-to-regexp 8: an escaped character, a parameter or a wildcard, or the brace of an optional part. */
const TOKEN = /\\(.)|[:*](?:"((?:\\.|[^"\\])*)"|([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*))|[{}]/gu

const nameIn = (name: string | undefined): string => (name === undefined ? '' : `{${name}}`)

/** Nest accepts wildcards of Express 4 too, and converts them in this way. */
function modern(path: string): string {
  if (path.endsWith('/(.*)')) return path.replace('(.*)', '{*path}')
  if (path.endsWith('/*')) return path.replace('*', '{*path}')
  if (path.endsWith('/+')) return path.replace('/+', '/*path')
  return path.replaceAll(/\/\*(?=\/)/g, (_, offset: number) => `/*path${offset}`)
}
