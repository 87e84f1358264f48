import { describe, expect, it } from '@jest/globals'
import { importsOf, type Import } from './imports.js'

/** Each room imports only rooms above it: never one below it, and never one beside it on the same line. */
const rooms = [
  ['errors', 'time', 'register', 'store-report'],
  ['events', 'keys'],
  ['token'],
  ['issuers', 'sessions'],
  ['request'],
  ['issue'],
  ['cookies'],
  ['nest'],
  ['setup'],
  ['testing', 'websockets', 'microservices', 'swagger'],
]

/** Rooms of plain TypeScript: Nest is not theirs to know. */
const withoutNest = new Set(['time', 'events', 'keys', 'token', 'issuers', 'sessions', 'request', 'cookies'])

/** Imports that break the rule above them today. This list may only become shorter. */
const nestImportsToRemove: string[] = []
const stepImportsToRemove: string[] = []

const core = importsOf('core')
const own = core.filter(({ isOwnFile }) => isOwnFile)
const foreign = core.filter(({ isOwnFile }) => !isOwnFile)

const roomOf = (path: string) => path.replace(/(\/.*|\.ts)$/, '')
const levelOf = (path: string) => rooms.findIndex((names) => names.includes(roomOf(path)))
const stepOf = (path: string) => /^request\/([^/]+)\//.exec(path)?.[1]
const shown = (imports: Import[]) =>
  [...new Set(imports.map(({ from, to }) => `${from} -> ${to}`))].toSorted()

describe('the sources of the core', () => {
  it('lie in rooms that have a place in the order', () => {
    const files = new Set(own.flatMap(({ from, to }) => [from, to]))
    files.delete('index.ts')

    expect(files.size).toBeGreaterThan(100)
    expect([...files].filter((file) => levelOf(file) === -1)).toEqual([])
  })

  it('import in one direction', () => {
    const against = own.filter(
      ({ from, to }) => from !== 'index.ts' && roomOf(from) !== roomOf(to) && levelOf(to) >= levelOf(from),
    )

    expect(shown(against)).toEqual([])
  })

  it('have steps of the request that know of another step only the type that it hands on', () => {
    const between = own.filter(({ from, to, isTypeOnly }) => {
      const [step, other] = [stepOf(from), stepOf(to)]
      return step !== undefined && other !== undefined && step !== other && !isTypeOnly
    })

    expect(shown(between)).toEqual(stepImportsToRemove.toSorted())
  })

  it('import nothing of Nest where they are plain TypeScript', () => {
    const ofNest = foreign.filter(
      ({ from, to }) => withoutNest.has(roomOf(from)) && to.startsWith('@nestjs/'),
    )

    expect(shown(ofNest)).toEqual(nestImportsToRemove.toSorted())
  })
})

describe.each(['core', 'browser', 'sql', 'redis'])('the sources of packages/%s', (folder) => {
  const imports = importsOf(folder)

  it('import no index.ts of their own package, by path or by name', () => {
    const indexes = imports.filter(({ to, isOwnFile }) =>
      isOwnFile ? /(^|\/)index\.ts$/.test(to) : new RegExp(`^@nest-jwt-auth/${folder}(/|$)`).test(to),
    )

    expect(shown(indexes)).toEqual([])
  })

  it('import no file outside their own src', () => {
    expect(shown(imports.filter(({ to }) => to.startsWith('..')))).toEqual([])
  })

  it("import of the workspace's other packages only the public root of the core and its testing", () => {
    const others = imports.filter(({ to }) => to.startsWith('@nest-jwt-auth/'))
    const isPublic = ({ to }: Import) => /^@nest-jwt-auth\/core(\/testing)?$/.test(to)

    expect(shown(others.filter((one) => !isPublic(one)))).toEqual([])
  })
})

describe('the reader of imports', () => {
  it('sees type imports, re-exports and what is imported at run time', () => {
    const from = 'index.ts'
    const to = 'register.ts'

    expect(own).toContainEqual({ from, to, isOwnFile: true, isTypeOnly: true })
    expect(own).toContainEqual(expect.objectContaining({ from, isTypeOnly: false }))
  })
})
