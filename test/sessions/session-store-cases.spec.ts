import { afterEach, describe, expect, it, jest } from '@jest/globals'
import {
  type ConsumeInput,
  type EndAllInput,
  type EndInput,
  InMemorySessionStore,
  type ListInput,
  type LookUpInput,
  type LookUpTokensInput,
  type OpenInput,
  type RotateInput,
  type RotateResult,
  type SessionRecord,
  type TokenInput,
} from '@nest-jwt-auth/core'
import { sessionStoreCases } from '@nest-jwt-auth/core/testing'

const NOW = Date.now()
const otherThread = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Takes subjects for one another. */
function confusing(confuse: (subject: string) => string): new () => InMemorySessionStore {
  return class extends InMemorySessionStore {
    override open = ({ session, ...rest }: OpenInput) =>
      super.open({ session: { ...session, subject: confuse(session.subject) }, ...rest })
    override lookUp = (input: LookUpInput) => super.lookUp({ ...input, subject: confuse(input.subject) })
    override list = (input: ListInput) => super.list({ ...input, subject: confuse(input.subject) })
    override end = (input: EndInput) =>
      super.end({ ...input, subject: input.subject && confuse(input.subject) })
    override endAll = (input: EndAllInput) => super.endAll({ ...input, subject: confuse(input.subject) })
  }
}

/** Keeps something else than it was given. */
function altering(alter: (session: SessionRecord) => Partial<SessionRecord>): new () => InMemorySessionStore {
  return class extends InMemorySessionStore {
    override open = ({ session, ...rest }: OpenInput) =>
      super.open({ session: { ...session, ...alter(session) }, ...rest })
  }
}

/** Knows whose the sessions are that it has opened, whoever asks. */
class Owners extends InMemorySessionStore {
  private readonly owners = new Map<string, string>()
  override open = (input: OpenInput) => {
    this.owners.set(input.session.id, input.session.subject)
    return super.open(input)
  }
  ownerOf = (sessionId: string | undefined, asking: string) => this.owners.get(sessionId ?? '') ?? asking
}

/** Ends by rules of its own the sessions that are too many. */
function capping(
  tooMany: (
    others: readonly SessionRecord[],
    session: SessionRecord,
    max: number,
  ) => readonly SessionRecord[],
  at: (now: number) => number = (now) => now,
): new () => InMemorySessionStore {
  return class extends InMemorySessionStore {
    override async open({ max, ...input }: OpenInput) {
      const { session, now } = input
      const others = await this.list({ subject: session.subject, now: at(now) })
      const opened = await super.open(input)
      const unusedFirst = others.toSorted((a, b) => a.lastUsedAt - b.lastUsedAt)
      for (const { id } of tooMany(unusedFirst, session, max ?? Infinity))
        await this.end({ sessionId: id, now })
      return opened
    }
  }
}

const seconds = (time: number) => Math.floor(time / 1000) * 1000

/** Stores with one fault each, and the cases that are there to find it. */
const faulty: Record<string, [new () => InMemorySessionStore, RegExp]> = {
  'reads, and then writes': [
    class extends InMemorySessionStore {
      override async rotate(input: RotateInput): Promise<RotateResult> {
        const { session } = await this.lookUp(input)
        await otherThread()
        const outcome = await super.rotate(input)
        return session?.current.jti === input.presented ? { kind: 'rotated' } : outcome
      }
    },
    /^race: of 100 uses/,
  ],
  'repeats nothing': [
    class extends InMemorySessionStore {
      override rotate = (input: RotateInput) => super.rotate({ ...input, mayRepeat: false })
    },
    /^rotate: the parent of an unused successor/,
  ],
  'repeats always': [
    class extends InMemorySessionStore {
      override rotate = (input: RotateInput) => super.rotate({ ...input, mayRepeat: true })
    },
    /^rotate: without mayRepeat/,
  ],
  'has a grace that never ends': [
    class extends InMemorySessionStore {
      override async lookUp(input: LookUpInput) {
        return { ...(await super.lookUp(input)), time: NOW }
      }
      override rotate = (input: RotateInput) => super.rotate({ ...input, now: NOW })
    },
    /^grace: it is over/,
  ],
  "calls its callers' clocks its own": [
    class extends InMemorySessionStore {
      override async lookUp(input: LookUpInput) {
        return { ...(await super.lookUp(input)), time: input.now }
      }
    },
    /^grace: a clock of the store’s own decides/,
  ],
  'judges by one clock and notes by another': [
    class extends InMemorySessionStore {
      override async lookUp(input: LookUpInput) {
        return { ...(await super.lookUp(input)), time: Date.now() - 3_600_000 }
      }
    },
    /^grace: rotatedAt and time/,
  ],
  'knows no deadline': [
    class extends InMemorySessionStore {
      override async lookUp(input: LookUpInput) {
        return { ...(await super.lookUp(input)), time: Date.now() }
      }
    },
    /^rotate: what comes after the deadline/,
  ],
  'keeps no later data': [
    class extends InMemorySessionStore {
      override rotate = ({ data: _data, ...input }: RotateInput) => super.rotate(input)
    },
    /^rotate: data takes the place/,
  ],
  'overwrites what another refresh kept': [
    class extends InMemorySessionStore {
      override async rotate(input: RotateInput) {
        const { session } = await this.lookUp(input)
        const data = input.data && session && { from: session.data, to: input.data.to }
        return super.rotate({ ...input, data })
      }
    },
    /^rotate: data is replaced only if nobody replaced it before/,
  ],
  'makes a second branch': [
    class extends InMemorySessionStore {
      override async rotate(input: RotateInput): Promise<RotateResult> {
        const outcome = await super.rotate(input)
        return outcome.kind === 'repeated' ? { kind: 'repeated', successor: input.successor } : outcome
      }
    },
    /^rotate: the parent of an unused successor/,
  ],
  'tells of reuse and goes on': [
    class extends InMemorySessionStore {
      override async rotate(input: RotateInput): Promise<RotateResult> {
        const { session } = await this.lookUp(input)
        const outcome = await super.rotate(input)
        if (outcome.kind === 'reused' && session) await super.open({ session, now: input.now })
        return outcome
      }
    },
    /^rotate: the grandparent ends the session/,
  ],
  'brings a session back that was ended while it was refreshed': [
    class extends InMemorySessionStore {
      override async rotate(input: RotateInput): Promise<RotateResult> {
        const outcome = await super.rotate(input)
        const { session } = await this.lookUp(input)
        await otherThread()
        if (session) await super.open({ session, now: input.now })
        return outcome
      }
    },
    /^race: a session that endAll has ended/,
  ],
  "ends other subjects' sessions": [
    class extends InMemorySessionStore {
      override end = ({ subject: _subject, ...input }: EndInput) => super.end(input)
    },
    /^end: with a subject/,
  ],
  'has no generations': [
    class extends InMemorySessionStore {
      override keepGeneration = async () => 0
    },
    /^generation/,
  ],
  'ends by the clock': [
    class extends InMemorySessionStore {
      override async endAll(input: EndAllInput) {
        const { subject, now } = input
        const young = (await this.list({ subject, now })).filter(({ createdAt }) => createdAt >= now)
        const ended = await super.endAll(input)
        for (const session of young) await super.open({ session, now })
        return ended - young.length
      }
    },
    /^endAll: a login in the same instant/,
  ],
  'forgets the exception': [
    class extends InMemorySessionStore {
      override endAll = ({ except: _except, ...input }: EndAllInput) => super.endAll(input)
    },
    /^endAll: leaves the session of except/,
  ],
  'counts, and then opens': [
    class extends InMemorySessionStore {
      override async open({ session, max, now }: OpenInput) {
        const others = await this.list({ subject: session.subject, now })
        await otherThread()
        const unused = others.toSorted((a, b) => b.lastUsedAt - a.lastUsedAt).slice((max ?? Infinity) - 1)
        for (const { id } of unused) await this.end({ sessionId: id, now })
        return super.open({ session, now })
      }
    },
    /^max: holds under parallel logins/,
  ],
  'counts the new session among those that may end': [
    capping((others, session, max) =>
      [...others, session].toSorted((a, b) => b.lastUsedAt - a.lastUsedAt).slice(max),
    ),
    /^max: never ends the new one/,
  ],
  'ends one session, however many are too many': [
    capping((others, _session, max) => (others.length >= max ? others.slice(0, 1) : [])),
    /^max: where it was lowered/,
  ],
  'counts sessions that are past their time': [
    capping(
      (others, _session, max) => others.toReversed().slice(Math.max(0, max - 1)),
      () => 0,
    ),
    /^max: counts neither/,
  ],
  'finds sessions of other subjects': [
    class extends Owners {
      override lookUp = (input: LookUpInput) =>
        super.lookUp({ ...input, subject: this.ownerOf(input.sessionId, input.subject) })
    },
    /^lookUp: answers/,
  ],
  'finds sessions of other subjects among many': [
    class extends Owners {
      override async lookUpTokens(input: LookUpTokensInput) {
        const found = await super.lookUpTokens(input)
        const each = input.sessionIds.map((id) =>
          super.lookUpTokens({ ...input, sessionIds: [id], subject: this.ownerOf(id, input.subject) }),
        )
        return { ...found, sessions: (await Promise.all(each)).flatMap(({ sessions }) => sessions) }
      }
    },
    /^lookUpTokens: answers for all/,
  ],
  'finds among many what is past its time': [
    class extends InMemorySessionStore {
      override lookUpTokens = (input: LookUpTokensInput) => super.lookUpTokens({ ...input, now: 0 })
    },
    /^lookUpTokens: of nothing/,
  ],
  'looks 399 tokens up, and no more': [
    class extends InMemorySessionStore {
      override lookUpTokens = ({ sessionIds, jtis, ...input }: LookUpTokensInput) =>
        super.lookUpTokens({ ...input, sessionIds: sessionIds.slice(0, 399), jtis: jtis.slice(0, 399) })
    },
    /^lookUpTokens: knows 400/,
  ],
  'revokes all tokens of a subject': [
    class extends InMemorySessionStore {
      override lookUp = (input: LookUpInput) => super.lookUp({ ...input, jti: input.jti && input.subject })
      override revokeToken = (input: TokenInput) => super.revokeToken({ ...input, jti: input.subject })
    },
    /^revokeToken: that token alone/,
  ],
  'ends no one-time tokens': [
    class extends InMemorySessionStore {
      override addOneTimeToken = (input: TokenInput) => super.addOneTimeToken({ ...input, subject: 'all' })
    },
    /^one-time: endAll ends/,
  ],
  'keeps one-time tokens for ever': [
    class extends InMemorySessionStore {
      override consumeOneTimeToken = (input: ConsumeInput) => super.consumeOneTimeToken({ ...input, now: 0 })
    },
    /^one-time: is good until its time/,
  ],
  'exchanges a token that was revoked': [
    class extends InMemorySessionStore {
      override open = ({ exchanged, ...input }: OpenInput) =>
        super.open({ ...input, exchanged: exchanged && { ...exchanged, jti: `exchanged ${exchanged.jti}` } })
    },
    /^exchange: a token that was revoked/,
  ],
  'remembers an exchange for ever': [
    class extends InMemorySessionStore {
      override open = ({ exchanged, ...input }: OpenInput) =>
        super.open({ ...input, exchanged: exchanged && { ...exchanged, keepUntil: Infinity } })
    },
    /^exchange: that a token was exchanged is forgotten/,
  ],
  'needs the time of the login': [
    altering(({ authTime = 0 }) => ({ authTime })),
    /^exchange: a session may lack authTime/,
  ],
  'ignores case in ids': [
    class extends InMemorySessionStore {
      override revokeToken = (input: TokenInput) =>
        super.revokeToken({ ...input, jti: input.jti.toLowerCase() })
      override lookUp = (input: LookUpInput) => super.lookUp({ ...input, jti: input.jti?.toLowerCase() })
    },
    /^ids are exact/,
  ],
  'ends what was there by the clock': [
    class extends InMemorySessionStore {
      override async endAll(input: EndAllInput) {
        const { subject, now } = input
        const young = (await this.list({ subject, now })).filter(({ createdAt }) => createdAt > now)
        const ended = await super.endAll(input)
        for (const session of young) await super.open({ session, now })
        return ended - young.length
      }
    },
    /^endAll: relies on no clock/,
  ],
  'looks, and then consumes': [
    class extends InMemorySessionStore {
      private readonly known = new Set<string>()
      override addOneTimeToken = (input: TokenInput) => {
        this.known.add(input.jti)
        return super.addOneTimeToken(input)
      }
      override async consumeOneTimeToken(input: ConsumeInput) {
        const there = this.known.has(input.jti)
        await otherThread()
        this.known.delete(input.jti)
        return (await super.consumeOneTimeToken(input)) || there
      }
    },
    /^one-time: of 100 parallel/,
  ],
  'exchanges again and again': [
    class extends InMemorySessionStore {
      override open = ({ exchanged: _exchanged, ...input }: OpenInput) => super.open(input)
    },
    /^exchange: a token is exchanged for one/,
  ],
  'looks, and then exchanges': [
    class extends InMemorySessionStore {
      override async open({ exchanged, ...input }: OpenInput) {
        if (exchanged === undefined) return super.open(input)
        const token = { ...exchanged, subject: input.session.subject, now: input.now }
        if ((await this.lookUp(token)).revoked) return false
        await otherThread()
        await this.revokeToken(token)
        return super.open(input)
      }
    },
    /^exchange: of 50 parallel/,
  ],
  'exchanges what endAll has ended': [
    class extends InMemorySessionStore {
      override async open({ exchanged, ...input }: OpenInput) {
        const generation = await this.keepGeneration({ ...input, ...input.session })
        return super.open({ ...input, exchanged: exchanged && { ...exchanged, generation } })
      }
    },
    /^exchange: after endAll/,
  ],
  'keeps everything for ever': [
    class extends InMemorySessionStore {
      override lookUp = (input: LookUpInput) => super.lookUp({ ...input, now: 0 })
    },
    /^expiry/,
  ],
  'removes whatever is past by the clock of one caller': [
    class extends InMemorySessionStore {
      override async rotate(input: RotateInput): Promise<RotateResult> {
        const outcome = await super.rotate(input)
        if (outcome.kind === 'gone') await this.prune(input)
        return outcome
      }
    },
    /^expiry: what one instance finds past/,
  ],
  'revokes a token until the first time alone': [
    class extends InMemorySessionStore {
      private readonly known = new Set<string>()
      override async revokeToken(input: TokenInput) {
        if (!this.known.has(input.jti)) await super.revokeToken(input)
        this.known.add(input.jti)
      }
    },
    /^expiry: a token that is revoked twice/,
  ],
  'prunes too much': [
    class extends InMemorySessionStore {
      override prune = () => super.prune({ now: Number.MAX_SAFE_INTEGER })
    },
    /^prune/,
  ],
  'ignores case': [confusing((subject) => subject.toLowerCase()), /^subjects are exact: case$/],
  'ignores spaces at the end': [confusing((subject) => subject.trimEnd()), /^subjects.*space at the end/],
  'normalizes letters': [confusing((subject) => subject.normalize()), /^subjects.*two ways/],
  'keeps UTF-8': [confusing((subject) => Buffer.from(subject).toString()), /^subjects.*surrogates/],
  'reads to the first NUL': [confusing((subject) => subject.split('\0')[0] ?? ''), /^subjects.*NUL/],
  'cuts subjects off': [confusing((subject) => subject.slice(0, 254)), /^subjects.*255th/],
  'keeps data as JSON': [
    altering(({ data }) => ({ data: JSON.stringify(JSON.parse(data)) })),
    /^data.*white/,
  ],
  'cuts data off': [altering(({ data }) => ({ data: data.slice(0, 4096) })), /^data.*8192/],
  'counts in seconds': [altering(({ createdAt }) => ({ createdAt: seconds(createdAt) })), /^times/],
  'forgets the absolute end': [altering(() => ({ endsAt: undefined })), /^rotate: the absolute end/],
}

/** The names of the cases that a store does not pass. */
async function failures(Store: new () => InMemorySessionStore): Promise<string[]> {
  const failed: string[] = []
  for (const { name, run } of sessionStoreCases(() => new Store())) {
    await run().catch(() => failed.push(name))
  }
  return failed
}

describe('sessionStoreCases', () => {
  afterEach(() => void jest.useRealTimers())

  it('finds a store that says that it tells of changes, and does not', async () => {
    class SilentStore extends InMemorySessionStore {
      override watch = () => () => undefined
    }
    const watched = sessionStoreCases(() => new SilentStore()).filter(({ name }) => name.startsWith('watch:'))
    expect(watched).toHaveLength(7)
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'queueMicrotask'] })
    const outcomes = Promise.allSettled(watched.map(({ run }) => run()))
    await otherThread()
    await jest.advanceTimersByTimeAsync(30_000)

    expect((await outcomes).map(({ status }) => status)).toEqual(watched.map(() => 'rejected'))
  })

  it.each(Object.entries(faulty))('finds a store that %s', async (_fault, [Store, cases]) => {
    expect(await failures(Store)).toContainEqual(expect.stringMatching(cases))
  })

  it('finds nothing wrong with a store that keeps its promises', async () => {
    expect(await failures(InMemorySessionStore)).toEqual([])
  })
})
