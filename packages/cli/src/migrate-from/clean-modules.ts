import { Node, type SourceFile, ts } from 'ts-morph'
import type { SourceEdits } from './source-edits.js'
import { isImported } from './symbols.js'
import { JWT, PASSPORT, type Survey } from './survey.js'

/** Takes what nothing uses any more out of the lists of the modules. */
export function cleanModules(
  survey: Survey,
  replaced: Node | undefined,
  edits: SourceEdits,
  keeps: { jwt: boolean; passport: boolean },
): void {
  for (const list of survey.files.flatMap(listsOf)) {
    for (const element of list.getElements()) {
      const name = nameOf(element)
      const isJwt = isImported(name, JWT, 'JwtModule', 'JwtService')
      const isPassport = isImported(name, PASSPORT, 'PassportModule')
      const isGone = (isJwt && !keeps.jwt) || (isPassport && !keeps.passport)
      if (isGone && element !== replaced) edits.removeElement(element)
    }
  }
}

function listsOf(file: SourceFile) {
  return file.getDescendantsOfKind(ts.SyntaxKind.ArrayLiteralExpression).filter((list) => {
    const property = list.getParent()
    return (
      Node.isPropertyAssignment(property) && ['imports', 'exports', 'providers'].includes(property.getName())
    )
  })
}

/** `X` of `X` and of `X.register(…)`. */
function nameOf(element: Node): Node | undefined {
  if (!Node.isCallExpression(element)) return element
  const callee = element.getExpression()
  return Node.isPropertyAccessExpression(callee) ? callee.getExpression() : undefined
}
