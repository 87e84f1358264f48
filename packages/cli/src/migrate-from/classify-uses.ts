import { Node } from 'ts-morph'
import type { AccessSide } from './access-side.js'
import { settingKey } from './setting-key.js'
import { memberOf } from './symbols.js'
import type { JwtServiceMember, JwtServiceUse, Survey } from './survey.js'

export interface ClassifiedUse {
  readonly use: JwtServiceUse
  readonly member: JwtServiceMember
  /** `left`: refresh tokens, tokens in e-mails and the like stay with the former code. */
  readonly role: 'sign access' | 'verify access' | 'left'
  /** A token of another kind under the secret of access tokens. */
  readonly sharesSecret: boolean
}

/** What each call of a `JwtService` is for. Those in the guards that are removed are left out. */
export function classifyUses(survey: Survey, access: AccessSide): ClassifiedUse[] {
  const removed = new Set(access.guards.recipe.map(({ type }) => type))
  return survey.services
    .filter(({ owner }) => !removed.has(owner))
    .flatMap((member) => member.uses.map((use) => classify(use, member, access)))
}

const OTHER_KIND = /refresh|reset|confirm|verif(?:y|ication)|invit|forgot|magic|activat|unsubscribe|^rt$/i

function classify(use: JwtServiceUse, member: JwtServiceMember, access: AccessSide): ClassifiedUse {
  const options = use.call.getArguments()[1]
  const secret =
    memberOf(options, 'secret') ?? memberOf(options, 'privateKey') ?? memberOf(options, 'publicKey')
  const isAccessKey = secret === undefined ? access.isDefault : isKey(secret, access)
  if (use.method === 'decode' || !isAccessKey) return { use, member, role: 'left', sharesSecret: false }
  const signs = use.method.startsWith('sign')
  const about = signs ? purposeOf(use.call) : use.call.getArguments()[0]?.getText()
  if (OTHER_KIND.test(about ?? '')) return { use, member, role: 'left', sharesSecret: signs }
  return { use, member, role: signs ? 'sign access' : 'verify access', sharesSecret: false }
}

function isKey(secret: Node, { key, options }: AccessSide): boolean {
  const keys = [options.publicKey, options.privateKey].flatMap((one) =>
    one === undefined ? [] : settingKey(one),
  )
  return [key, ...keys].includes(settingKey(secret))
}

/** The nearest name that says what a token is for: of a property, a variable, or else the method. */
function purposeOf(node: Node): string | undefined {
  for (
    let [child, parent] = [node, node.getParent()];
    parent !== undefined;
    [child, parent] = [parent, parent.getParent()]
  ) {
    if (Node.isPropertyAssignment(parent) || Node.isMethodDeclaration(parent)) return parent.getName()
    if (Node.isVariableDeclaration(parent)) return nameIn(parent.getNameNode(), node) ?? parent.getName()
    if (Node.isBinaryExpression(parent) && parent.getRight() === child) return parent.getLeft().getText()
  }
  return undefined
}

/** `refresh` of `const [access, refresh] = await Promise.all([first, second])`. */
function nameIn(pattern: Node, node: Node): string | undefined {
  if (!Node.isArrayBindingPattern(pattern)) return undefined
  const list = node.getAncestors().find((one) => Node.isArrayLiteralExpression(one))
  const index =
    list?.getElements().findIndex((one) => one === node || node.getAncestors().includes(one)) ?? -1
  return pattern.getElements()[index]?.getText()
}
