import { Node } from 'ts-morph'
import type { Rest } from './rest.js'
import { quoted } from './rewrite-imports.js'
import { bare, isImported, literalOf } from './symbols.js'

/** The option `locations` for `jwtFromRequest`; `undefined` where it is the default. */
export function readLocations(extractor: Node | undefined, rest: Rest): string | undefined {
  if (extractor === undefined) return undefined
  const found = locationsOf(bare(extractor))
  if (found === undefined) {
    rest.add(
      'blocks',
      extractor,
      'This reads the token from the request in a way of its own.',
      "For a cookie, set `locations: ['header', 'cookie']` and `cookies` (docs/browser.md): unsafe methods are then checked against CSRF. Use an extractor of `ExtractJwt` until then.",
    )
    return undefined
  }
  const isDefault = found.length === 1 && found[0] === header(extractor)
  return isDefault ? undefined : `[${found.join(', ')}]`
}

const header = (at: Node) => quoted('header', at.getSourceFile())

const NAMED = new Set(['fromAuthHeaderWithScheme', 'fromHeader', 'fromBodyField', 'fromUrlQueryParameter'])

/** The string as it is written, or that of a constant, which may be unknown in the file of the module. */
function nameOf(node: Node | undefined): string | undefined {
  if (Node.isStringLiteral(node)) return node.getText()
  const value = literalOf(node)
  return typeof value === 'string' && node ? quoted(value, node.getSourceFile()) : undefined
}

function locationsOf(node: Node): string[] | undefined {
  if (!Node.isCallExpression(node)) return undefined
  const callee = node.getExpression()
  if (!Node.isPropertyAccessExpression(callee)) return undefined
  if (!isImported(callee.getExpression(), 'passport-jwt', 'ExtractJwt')) return undefined
  const [given] = node.getArguments()
  const name = nameOf(given)
  if (name === undefined && NAMED.has(callee.getName())) return undefined
  switch (callee.getName()) {
    case 'fromAuthHeaderAsBearerToken':
      return [header(node)]
    case 'fromAuthHeaderWithScheme':
      return [`{ header: ${quoted('authorization', node.getSourceFile())}, scheme: ${name} }`]
    case 'fromHeader':
      return [`{ header: ${name}, scheme: null }`]
    case 'fromBodyField':
      return [`{ body: ${name} }`]
    case 'fromUrlQueryParameter':
      return [`{ query: ${name} }`]
    case 'fromExtractors': {
      const lists = Node.isArrayLiteralExpression(given) ? given.getElements().map(locationsOf) : [undefined]
      return lists.every((list) => list !== undefined) ? lists.flat() : undefined
    }
    default:
      return undefined
  }
}
