import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInstrumenter } from '@stryker-mutator/instrumenter'
import { createInjector } from 'typed-inject'

const quiet = { debug() {}, info() {}, isDebugEnabled: () => false, warn: console.warn, error: console.error }

/** Functions that are given the reason of a refusal. */
const refusals = new Set(['refused', 'malformed', 'invalid', 'this.error', 'wrongType', 'unknown'])
/** Errors whose message is all that they say. */
const failures = /(UsageError|FetchFailure|KeyProblem)$/
const nameOf = ({ name, object, property }) =>
  name ?? (object?.type === 'ThisExpression' ? `this.${property.name}` : undefined)

const isOfReason = ({ key }) => ['reason', 'cause', 'fix'].includes(key?.name)

/** Texts for people: a test of their words would only repeat them. */
const textForPeople = {
  shouldIgnore(path) {
    const isReason = path.isObjectProperty() && isOfReason(path.node)
    const isOnlyReason = path.isObjectExpression() && path.node.properties.every(isOfReason)
    const isFailure = path.isNewExpression() && failures.test(path.node.callee.name)
    const isGiven = path.listKey === 'arguments' && refusals.has(nameOf(path.parent.callee))
    const isText = path.isStringLiteral() || path.isTemplateLiteral() || path.isConditionalExpression()
    const isForPeople = isReason || (isOnlyReason && path.node.properties.length > 0) || isFailure
    return isForPeople || (isGiven && isText) ? 'text for people' : undefined
  },
}

/** Writes the files with all their mutants, each behind a switch, below `folder`. Returns the mutants. */
export async function instrument(root, names, folder) {
  const sources = new Map(names.map((name) => [name, readFileSync(join(root, name), 'utf8')]))
  const files = names.map((name) => ({ name, content: sources.get(name), mutate: true }))
  const instrumenter = createInjector().provideValue('logger', quiet).injectFunction(withInjector)
  const options = { plugins: null, excludedMutations: [], ignorers: [textForPeople] }
  const { files: mutated, mutants } = await instrumenter.instrument(files, options)
  for (const { name, content } of mutated) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), content)
  }
  return mutants.filter(({ status }) => status !== 'Ignored').map((mutant) => describe(mutant, sources))
}

function withInjector(injector) {
  return createInstrumenter(injector)
}
withInjector.inject = ['$injector']

/** A mutant as the list of survivors names it: by its text, because line numbers change with every edit. */
function describe({ id, fileName: file, mutatorName, replacement, location: { start, end } }, sources) {
  const lines = sources.get(file).split('\n')
  const covered = lines.slice(start.line, end.line + 1)
  covered[covered.length - 1] = covered.at(-1).slice(0, end.column)
  covered[0] = covered[0].slice(start.column)
  const original = flat(covered.join('\n'))
  return {
    id,
    file,
    place: start.line + 1,
    column: start.column + 1,
    line: flat(lines[start.line]),
    mutatorName,
    original,
    mutated: flat(replacement),
  }
}

const flat = (text) => text.replace(/\s+/g, ' ').trim()
