import { describe, expect, it } from '@jest/globals'
import {
  InMemorySessionStore,
  type Lookup,
  type LookupResult,
  type Rotation,
  type RotationOutcome,
  type SessionRecord,
} from '@nest-jwt-auth/core'
import { sessionStoreCases } from '@nest-jwt-auth/core/testing'

const otherThread = () => new Promise<void>((resolve) => setImmediate(resolve))

/** Takes subjects for one another. */
function confusing(confuse: (subject: string) => string): new () => InMemorySessionStore {
  return class extends InMemorySessionStore {
    override open = (session: SessionRecord, max: number | undefined, now: number) =>
      super.open({ ...session, subject: confuse(session.subject) }, max, now)
    override lookUp = (lookup: Lookup, now: number) =>
      super.lookUp({ ...lookup, subject: confuse(lookup.subject) }, now)
    override list = (subject: string, now: number) => super.list(confuse(subject), now)
    override end = (id: string, subject: string | undefined, now: number) =>
      super.end(id, subject && confuse(subject), now)
    override endAll = (subject: string, except: string | undefined, keepUntil: number, now: number) =>
      super.endAll(confuse(subject), except, keepUntil, now)
  }
}

/** Keeps something else than it was given. */
function altering(alter: (session: SessionRecord) => Partial<SessionRecord>): new () => InMemorySessionStore {
  return class extends InMemorySessionStore {
    override open = (session: SessionRecord, max: number | undefined, now: number) =>
      super.open({ ...session, ...alter(session) }, max, now)
  }
}

const seconds = (time: number) => Math.floor(time / 1000) * 1000

/** Stores with one fault each, and the cases that are there to find it. */
const faulty: Record<string, [new () => InMemorySessionStore, RegExp]> = {
  'reads, and then writes': [
    class extends InMemorySessionStore {
      override async rotate(rotation: Rotation, now: number): Promise<RotationOutcome> {
        const { session } = await this.lookUp(rotation, now)
        await otherThread()
        const outcome = await super.rotate(rotation, now)
        return session?.current.jti === rotation.presented ? { kind: 'rotated' } : outcome
      }
    },
    /^race: of 100 uses/,
  ],
  'knows no grace': [
    class extends InMemorySessionStore {
      override rotate = (rotation: Rotation, now: number) => super.rotate({ ...rotation, reuseGrace: 0 }, now)
    },
    /^rotate: the parent inside the grace/,
  ],
  'has a grace that never ends': [
    class extends InMemorySessionStore {
      override rotate = (rotation: Rotation, now: number) =>
        super.rotate({ ...rotation, reuseGrace: Number.MAX_SAFE_INTEGER }, now)
    },
    /^rotate: the parent ends the session when the grace is over/,
  ],
  'makes a second branch': [
    class extends InMemorySessionStore {
      override async rotate(rotation: Rotation, now: number): Promise<RotationOutcome> {
        const outcome = await super.rotate(rotation, now)
        return outcome.kind === 'repeated' ? { kind: 'repeated', successor: rotation.successor } : outcome
      }
    },
    /^rotate: the parent inside the grace/,
  ],
  'tells of reuse and goes on': [
    class extends InMemorySessionStore {
      override async rotate(rotation: Rotation, now: number): Promise<RotationOutcome> {
        const { session } = await this.lookUp(rotation, now)
        const outcome = await super.rotate(rotation, now)
        if (outcome.kind === 'reused' && session) await super.open(session, undefined, now)
        return outcome
      }
    },
    /^rotate: the grandparent ends the session/,
  ],
  'brings a session back that was ended while it was refreshed': [
    class extends InMemorySessionStore {
      override async rotate(rotation: Rotation, now: number): Promise<RotationOutcome> {
        const outcome = await super.rotate(rotation, now)
        const { session } = await this.lookUp(rotation, now)
        await otherThread()
        if (session) await super.open(session, undefined, now)
        return outcome
      }
    },
    /^race: a session that endAll has ended/,
  ],
  "ends other subjects' sessions": [
    class extends InMemorySessionStore {
      override end = (id: string, _subject: string | undefined, now: number) => super.end(id, undefined, now)
    },
    /^end: with a subject/,
  ],
  'has no epochs': [
    class extends InMemorySessionStore {
      override admit = async () => 0
    },
    /^epoch/,
  ],
  'ends by the clock': [
    class extends InMemorySessionStore {
      override async endAll(subject: string, except: string | undefined, keepUntil: number, now: number) {
        const young = (await this.list(subject, now)).filter(({ createdAt }) => createdAt >= now)
        const ended = await super.endAll(subject, except, keepUntil, now)
        for (const session of young) await super.open(session, undefined, now)
        return ended - young.length
      }
    },
    /^endAll: a login in the same instant/,
  ],
  'forgets the exception': [
    class extends InMemorySessionStore {
      override endAll = (subject: string, _except: string | undefined, keepUntil: number, now: number) =>
        super.endAll(subject, undefined, keepUntil, now)
    },
    /^endAll: leaves the session of except/,
  ],
  'counts, and then opens': [
    class extends InMemorySessionStore {
      override async open(session: SessionRecord, max: number | undefined, now: number) {
        const others = await this.list(session.subject, now)
        await otherThread()
        const unused = others.toSorted((a, b) => b.lastUsedAt - a.lastUsedAt).slice((max ?? Infinity) - 1)
        for (const { id } of unused) await this.end(id, undefined, now)
        await super.open(session, undefined, now)
      }
    },
    /^max: holds under parallel logins/,
  ],
  'looks, and then consumes': [
    class extends InMemorySessionStore {
      private readonly known = new Set<string>()
      override addOneTimeToken = (jti: string, subject: string, keepUntil: number, now: number) => {
        this.known.add(jti)
        return super.addOneTimeToken(jti, subject, keepUntil, now)
      }
      override async consumeOneTimeToken(jti: string, subject: string, now: number) {
        const there = this.known.has(jti)
        await otherThread()
        this.known.delete(jti)
        return (await super.consumeOneTimeToken(jti, subject, now)) || there
      }
    },
    /^one-time: of 100 parallel/,
  ],
  'keeps everything for ever': [
    class extends InMemorySessionStore {
      override lookUp = (lookup: Lookup): Promise<LookupResult> => super.lookUp(lookup, 0)
    },
    /^expiry/,
  ],
  'prunes too much': [
    class extends InMemorySessionStore {
      override prune = () => super.prune(Number.MAX_SAFE_INTEGER)
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
  it.each(Object.entries(faulty))('finds a store that %s', async (_fault, [Store, cases]) => {
    expect(await failures(Store)).toContainEqual(expect.stringMatching(cases))
  })

  it('finds nothing wrong with a store that keeps its promises', async () => {
    expect(await failures(InMemorySessionStore)).toEqual([])
  })
})
