import { type ClassDeclaration, Node } from 'ts-morph'
import { type Doubt, quote } from './doubt.js'
import { isImported, memberOf } from './symbols.js'
import type { Survey } from './survey.js'

/** The first place where a guard stands and `JwtGuard` may not, such as a subclass that overrides one of its methods. */
export function unknownUse(type: ClassDeclaration, survey: Survey): Doubt | undefined {
  for (const node of type.findReferencesAsNodes()) {
    const parent = node.getParent()
    // Tests are listed as a whole. A test of a guard makes it with `new`.
    if (parent === undefined || parent === type || survey.tests.includes(node.getSourceFile())) continue
    const subclass = subclassAt(parent)
    const doubt = subclass === undefined ? otherUse(node, parent) : changedSubclass(subclass, survey)
    if (doubt !== undefined) return doubt
  }
  return undefined
}

function subclassAt(parent: Node): ClassDeclaration | undefined {
  const clause = Node.isExpressionWithTypeArguments(parent) ? parent.getParent() : undefined
  const type = clause?.getParent()
  return Node.isClassDeclaration(type) && type.getExtends() === parent ? type : undefined
}

function changedSubclass(type: ClassDeclaration, survey: Survey): Doubt | undefined {
  const [member] = type.getMembers()
  if (member === undefined) return unknownUse(type, survey)
  return { at: member, why: `This is in a class that extends the guard and does more: \`${quote(member)}\`.` }
}

function otherUse(node: Node, parent: Node): Doubt | undefined {
  if (Node.isImportSpecifier(parent) || Node.isExportSpecifier(parent)) return undefined
  if (isBound(node) || isListed(parent) || isProvidedGlobally(node)) return undefined
  return {
    at: node,
    why: `\`JwtGuard\` may not stand here for this guard: \`${quote(parent)}\`. It can in \`@UseGuards(…)\`, and as \`useClass\` of \`APP_GUARD\`.`,
  }
}

/** `UseGuards(X)`. */
export function isBound(node: Node): boolean {
  const call = node.getParent()
  return (
    Node.isCallExpression(call) &&
    call.getExpression() !== node &&
    isImported(call.getExpression(), '@nestjs/common', 'UseGuards')
  )
}

/** `providers: [X]`, `exports: [X]`. */
export function isListed(list: Node): boolean {
  const property = list.getParent()
  return (
    Node.isArrayLiteralExpression(list) &&
    Node.isPropertyAssignment(property) &&
    ['providers', 'exports'].includes(property.getName())
  )
}

/** `{ provide: APP_GUARD, useClass: X }`. */
export function isProvidedGlobally(node: Node): boolean {
  const property = node.getParent()
  const provider = property?.getParent()
  return (
    Node.isPropertyAssignment(property) &&
    ['useClass', 'useExisting'].includes(property.getName()) &&
    Node.isObjectLiteralExpression(provider) &&
    provider.getProperties().length === 2 &&
    isImported(memberOf(provider, 'provide'), '@nestjs/core', 'APP_GUARD')
  )
}
