import { describe, expect, it } from '@jest/globals'
import type { IssueOptions } from '@nest-jwt-auth/core'
import { refreshTokenOf, start, withUsage } from './start.js'

/** What a session keeps may be this many characters of JSON, metadata, claims and audience together. */
const MOST = 8192
const noteOf = (length: number) => ({ metadata: { note: 'x'.repeat(length) } })
/** How long a note may be beside these. */
const roomBeside = ({ claims = {}, audience }: IssueOptions) =>
  MOST - JSON.stringify({ ...noteOf(0), claims, audience }).length
const longest = 'x'.repeat(roomBeside({}))

const cycle: Record<string, unknown> = {}
cycle['self'] = [cycle]
const failing = {
  toJSON() {
    throw new Error('not to be written')
  },
}

describe('metadata of a session', () => {
  it.each<[string, unknown]>([
    ['a list', []],
    ['a list of pairs', [['device', 'Engine']]],
    ['a text', 'Engine'],
    ['an empty text', ''],
    ['a number', 0],
    ['a boolean', false],
    ['a bigint', 1n],
    ['a function', () => ({})],
    ['a symbol', Symbol('device')],
    ['a bigint somewhere in it', { sizes: [{ bytes: 1n }] }],
    ['a circle', cycle],
    ['a date, which is a text in JSON', new Date()],
    ['what makes a list of itself', { toJSON: () => ['Engine'] }],
    ['what can not be written', { device: failing }],
    ['one character too long', { note: `${longest}x` }],
    ['too long by what JSON escapes', { note: '\n'.repeat(MOST / 2) }],
    ['too long by its names', Object.fromEntries(Array.from({ length: 1000 }, (_, at) => [`name-${at}`, 0]))],
    ['too deep', JSON.parse(`{"deep":${'['.repeat(MOST)}${']'.repeat(MOST)}}`)],
  ])('can not be %s', async (_name, metadata) => {
    const { tokens, sessions, events } = await start()
    const options = { session: { metadata } } as IssueOptions

    await expect(tokens.issue('ada', options)).rejects.toMatchObject(withUsage('metadata_invalid'))
    expect(sessions.calls).toEqual([])
    expect(events).toEqual([])
  })

  it.each<[string, unknown, object]>([
    ['as long as may be', { note: longest }, { note: longest }],
    ['null', null, {}],
    ['undefined', undefined, {}],
  ])('may be %s', async (_name, metadata, listed) => {
    const { tokens } = await start()
    const pair = await tokens.issue('ada', { session: { metadata } } as IssueOptions)
    await tokens.refresh(refreshTokenOf(pair))

    expect(await tokens.sessions('ada')).toMatchObject([{ id: pair.sessionId, metadata: listed }])
  })

  it.each<IssueOptions | undefined>([undefined, {}, { session: {} }])(
    'is an empty object after a login with the options %j',
    async (options) => {
      const { tokens } = await start()
      await tokens.issue('ada', options)

      expect((await tokens.sessions('ada')).map(({ metadata }) => metadata)).toEqual([{}])
    },
  )

  it.each<{ what: string; options: IssueOptions }>([
    { what: 'claims', options: { claims: { notes: 'y'.repeat(3000) } } },
    { what: 'the audience', options: { audience: ['shop', 'z'.repeat(3000)] } },
  ])('has one bound together with $what, which a session keeps as well', async ({ options }) => {
    const { tokens, sessions } = await start()
    const room = roomBeside(options)

    await expect(tokens.issue('ada', { ...options, session: noteOf(room + 1) })).rejects.toMatchObject(
      withUsage('metadata_invalid'),
    )
    expect(sessions.calls).toEqual([])
    await tokens.issue('ada', { ...options, session: noteOf(room) })
    expect(await tokens.sessions('ada')).toHaveLength(1)
  })

  it.each<[path: string, code: string, note: number, claim: number, audience: number]>([
    ['options.session.metadata', 'metadata_invalid', 3000, 2900, 2900],
    ['options.claims', 'claims_invalid', 2900, 3000, 2900],
    ['options.audience', 'claims_invalid', 2900, 2900, 3000],
  ])('or the others say which is the longest: %s', async (path, code, note, claim, audience) => {
    const { tokens } = await start()
    const issued = tokens.issue('ada', {
      session: noteOf(note),
      claims: { notes: 'y'.repeat(claim) },
      audience: 'z'.repeat(audience),
    })

    await expect(issued).rejects.toMatchObject(withUsage(code))
    await expect(issued).rejects.toThrow(`${path}: `)
  })
})
