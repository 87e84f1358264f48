import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { REFUSALS } from '../../packages/core/src/errors/refusals.js'
import type { OptionTable } from '../../packages/core/src/setup/options/option.js'
import { EXTRA_OPTIONS, OPTIONS } from '../../packages/core/src/setup/options/option-tables.js'
import { workspaceRoot } from '../support/run.js'

/** A member of an interface, as its source tells it. */
interface Member {
  type: string
  doc: string
  /** The text of `@default`. */
  default: string | undefined
}

const sources = [
  'setup/jwt-auth-options.ts',
  'nest/endpoints/endpoint-routes.ts',
  'keys/jwt-key.ts',
  'issuers/legacy-options.ts',
  'nest/transports/token-location.ts',
  'request/locate/locations.ts',
  'time/duration.ts',
  'errors/usage.error.ts',
].map((path) => {
  const file = join(workspaceRoot, 'packages/core/src', path)
  return ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true)
})

function declarationOf(name: string): ts.InterfaceDeclaration | ts.TypeAliasDeclaration {
  const found = sources
    .flatMap((source) => [...source.statements])
    .filter((statement) => ts.isInterfaceDeclaration(statement) || ts.isTypeAliasDeclaration(statement))
    .find((statement) => statement.name.text === name)
  if (found === undefined) throw new Error(`There is no ${name}.`)
  return found
}

const oneLine = (text: string) => text.replaceAll(/\s+/g, ' ').trim()

function docOf(node: ts.Node): { doc: string; default: string | undefined } {
  const comment = ts.getJSDocCommentsAndTags(node).find(ts.isJSDoc)
  const tag = comment?.tags?.find(({ tagName }) => tagName.text === 'default')
  return {
    doc: oneLine(ts.getTextOfJSDocComment(comment?.comment) ?? ''),
    default: tag && oneLine(ts.getTextOfJSDocComment(tag.comment) ?? ''),
  }
}

/** Without what says nothing to a reader: `readonly`, `| undefined`, a leading bar. */
function plainType(type: ts.TypeNode | undefined): string {
  return oneLine(type?.getText() ?? '')
    .replaceAll(/(^| )readonly /g, '$1')
    .replaceAll(/ \| undefined/g, '')
    .replace(/^\| /, '')
}

/** The members of an interface and of those that it extends, or of the object types of a union. */
function membersOf(name: string): Map<string, Member> {
  const declaration = declarationOf(name)
  const inherited = ts.isInterfaceDeclaration(declaration)
    ? (declaration.heritageClauses ?? []).flatMap(({ types }) =>
        types.flatMap((type) => [...membersOf(type.expression.getText())]),
      )
    : []
  const members = new Map(inherited)
  for (const property of propertiesOf(declaration)) {
    const type = plainType(property.type)
    const told = docOf(property)
    const known = members.get(property.name.getText())
    members.set(property.name.getText(), {
      doc: told.doc || (known?.doc ?? ''),
      default: told.default,
      type: known === undefined ? type : known.type.includes(type) ? known.type : `${known.type} | ${type}`,
    })
  }
  return members
}

function propertiesOf(declaration: ts.InterfaceDeclaration | ts.TypeAliasDeclaration) {
  const literals = ts.isInterfaceDeclaration(declaration)
    ? [declaration]
    : (ts.isUnionTypeNode(declaration.type) ? [...declaration.type.types] : [declaration.type]).filter(
        ts.isTypeLiteralNode,
      )
  return literals.flatMap(({ members }) => members.filter(ts.isPropertySignature))
}

/** A default as a user would write it. */
function written(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'function') return undefined
  if (Array.isArray(value)) return `[${value.map(written).join(', ')}]`
  if (typeof value === 'object') return undefined
  if (typeof value === 'string') return `'${value}'`
  return typeof value === 'number' ? value.toLocaleString('en').replaceAll(',', '_') : JSON.stringify(value)
}

export interface OptionRow extends Member {
  path: string
  /** The default that the code uses. */
  used: string | undefined
}

/** Every option of a table, those inside others too, by path. */
function rowsOf(table: OptionTable, interfaceName: string, prefix = ''): OptionRow[] {
  const members = membersOf(interfaceName)
  const rows: OptionRow[] = []
  for (const [name, { check, default: value }] of Object.entries(table)) {
    const member = members.get(name)
    if (member === undefined) throw new Error(`${interfaceName} has no ${name}.`)
    const path = `${prefix}${name}`
    rows.push({ path, used: written(value), ...member })
    const inner = member.type.split(' | ').find(isInterface)
    if (check.inside !== undefined && inner !== undefined)
      rows.push(...rowsOf(check.inside, inner, `${path}.`))
  }
  return rows
}

function isInterface(name: string): boolean {
  return sources.some((source) =>
    source.statements.some(
      (statement) => ts.isInterfaceDeclaration(statement) && statement.name.text === name,
    ),
  )
}

export const optionRows = (): OptionRow[] => rowsOf(OPTIONS, 'JwtAuthOptions')
export const extraRows = (): OptionRow[] => rowsOf(EXTRA_OPTIONS, 'JwtAuthExtras')

/** The usage error codes, each with what it means. */
export function usageErrors(): [code: string, meaning: string][] {
  const { type } = declarationOf('UsageErrorCode') as ts.TypeAliasDeclaration
  return (type as ts.UnionTypeNode).types.map((member) => {
    const text = member.getSourceFile().getFullText()
    // The comment stands before the bar of the union.
    const before = text.slice(0, member.getStart()).replace(/\|\s*$/, '')
    const comment = /\/\*\*((?:(?!\*\/)[^])*)\*\/\s*$/.exec(before)?.[1] ?? ''
    return [member.getText().slice(1, -1), oneLine(comment.replaceAll(/^\s*\*/gm, ''))]
  })
}

const code = (text: string) => `\`${text.replaceAll('|', String.raw`\|`)}\``
const cell = (text: string) => text.replaceAll('|', String.raw`\|`)

function table(columns: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(columns), line(columns.map(() => '---')), ...rows.map(line), '']
}

function optionTable(rows: readonly OptionRow[]): string[] {
  return table(
    ['option', 'type', 'default', 'meaning'],
    rows.map(({ path, type, used, doc }) => [
      code(path),
      code(type),
      used === undefined ? '' : code(used),
      cell(doc),
    ]),
  )
}

function typeList(names: readonly string[]): string[] {
  return names.flatMap((name) => {
    const declaration = declarationOf(name) as ts.TypeAliasDeclaration
    const type = plainType(declaration.type)
    const isShort = !/[{;]\s*useFactory|ProviderBody|ExecutionContext/.test(type)
    return [`- \`${name}\`: ${isShort ? `\`${type}\`. ` : ''}${docOf(declaration).doc}`]
  })
}

/** The options of docs/options.md, by what they are about. An option is where the first part of its path is. */
const groups = new Map([
  ['Keys', ['secret', 'keys', 'keyRotation']],
  [
    'Tokens',
    ['issuer', 'audience', 'accessToken', 'requiredClaims', 'claimsSchema', 'claimsMode', 'clockTolerance'],
  ],
  ['Sessions', ['refreshToken', 'sessions']],
  ['Other issuers', ['issuers', 'legacyTokens']],
  ['Requests', ['locations', 'subject', 'attachIdentityAs', 'realm', 'verifiedTokenCache', 'audit']],
  ['Cookies', ['cookies', 'csrf']],
])

const topOf = ({ path }: OptionRow) => path.split('.')[0] ?? ''

function optionGroups(): string[] {
  const rows = optionRows()
  const known = new Set([...groups.values()].flat())
  const forgotten = rows.find((row) => !known.has(topOf(row)))
  if (forgotten !== undefined) throw new Error(`Put ${topOf(forgotten)} into a group of the page.`)
  return [...groups].flatMap(([title, names]) => {
    const inGroup = names.flatMap((name) => rows.filter((row) => topOf(row) === name))
    return [`## ${title}`, '', optionTable(inGroup)].flat()
  })
}

/** docs/options.md, before it is formatted. */
export function optionsPage(): string {
  return [
    '# Options',
    '',
    '```ts',
    "import { JwtAuthModule } from '@nest-jwt-auth/core'",
    '',
    'export const auth = JwtAuthModule.forRoot({',
    '  secret: process.env.JWT_SECRET,',
    "  issuer: 'https://shop.example',",
    "  accessToken: { expiresIn: '10m' },",
    '  sessions: { max: 20 },',
    '})',
    '```',
    '',
    'Written from the code by `npm run docs:reference`; a test fails if it is out of date. `undefined` is the same as leaving an',
    'option out; `null`, unknown names and values outside the stated range are boot errors that name the option.',
    '',
    ...optionGroups(),
    '## The module graph',
    '',
    '`forRoot` takes these too. With `forRootAsync` they are set next to the factory, which returns all others.',
    '',
    ...optionTable(extraRows()),
    'The types are in the [reference](reference.md#types).',
    '',
  ].join('\n')
}

/** docs/reference.md, before it is formatted. */
export function referencePage(): string {
  const keys = [...membersOf('JwtKey')]
  return [
    '# Reference',
    '',
    '```ts',
    "import { JwtAuthConfigError, JwtAuthError, JwtAuthUsageError } from '@nest-jwt-auth/core'",
    '',
    'export function explain(error: unknown) {',
    '  if (error instanceof JwtAuthError) return `refused, for the client: ${error.errorCode}`',
    '  if (error instanceof JwtAuthUsageError) return `a mistake in your own code: ${error.code}`',
    '  if (error instanceof JwtAuthConfigError) return error.problems.map(({ path, fix }) => `${path}: ${fix}`)',
    '  throw error',
    '}',
    '```',
    '',
    'Written from the code by `npm run docs:reference`; a test fails if it is out of date. [Options](options.md) and the',
    '[errors that clients see](errors.md) have pages of their own.',
    '',
    '## Mistakes in your own code',
    '',
    'A `JwtAuthUsageError` with one of these `code`s. Inside a request it becomes a 500 and is logged.',
    '',
    ...table(
      ['code', 'meaning'],
      usageErrors().map(([name, meaning]) => [code(name), cell(meaning)]),
    ),
    '## Errors at boot',
    '',
    'A `JwtAuthConfigError` with the `code` `config_invalid`. It lists everything that is wrong: `problems` is an array of',
    '`{ path, problem, fix }`, and the message has one line for each.',
    '',
    '## Keys',
    '',
    docOf(declarationOf('JwtKey')).doc,
    '',
    ...table(
      ['member', 'type', 'meaning'],
      keys.map(([name, { type, doc }]) => [code(name), code(type), cell(doc)]),
    ),
    '## Types',
    '',
    ...typeList([
      'Duration',
      'TokenLocation',
      'LocationOption',
      'KeyMaterial',
      'OutsideSigner',
      'ProviderSource',
      'ProviderBody',
    ]),
    '',
    '## Refusals',
    '',
    'A `JwtAuthError` with one of these `errorCode`s. The challenge is the `error` of `WWW-Authenticate`.',
    '',
    ...table(
      ['errorCode', 'status', 'challenge', 'message'],
      Object.entries(REFUSALS).map(([name, refusal]) => {
        const challenge = 'challenge' in refusal ? (refusal.challenge ?? 'without `error`') : 'none'
        return [
          code(name),
          String(refusal.status),
          cell(/_/.test(challenge) ? code(challenge) : challenge),
          refusal.message,
        ]
      }),
    ),
  ].join('\n')
}
