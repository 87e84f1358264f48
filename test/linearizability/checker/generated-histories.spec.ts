import * as fc from 'fast-check'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../../support/adapters.js'
import { runs } from '../../security/fuzz.js'
import { answer } from '../app/answer.js'
import { randomFrom } from '../clients/random.js'
import { Recorder } from '../clients/recorder.js'
import { checkHistory } from './check-history.js'
import type { Answer, Call, History } from './history.js'

/** Between two calls, in milliseconds. */
const STEP = 10

const seeds = fc.integer({ min: 0 })
const widths = fc.array(fc.tuple(fc.nat({ max: 6 * STEP }), fc.nat({ max: 6 * STEP })), {
  minLength: 4,
  maxLength: 24,
})
const graces = fc.constantFrom(0, 60_000)

const services = new Map<number, TokenService>()
let subjects = 0

beforeAll(async () => {
  for (const grace of [0, 60_000]) {
    const options = { secret: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ', refreshToken: { reuseGrace: grace / 1000 } }
    const app = await startModule({ imports: [JwtAuthModule.forRoot(options)] })
    services.set(grace, app.get(TokenService))
  }
})

/** What clients record who ask the library itself, in memory, one call after the other. */
async function recordSequence(length: number, seed: number, grace: number): Promise<History> {
  const tokens = services.get(grace)
  if (tokens === undefined) throw new Error(`No app has a grace of ${grace} ms.`)
  const random = randomFrom(seed)
  let time = 0
  const recorder = new Recorder(`user-${++subjects}`, () => time)
  for (time = STEP; time <= length * STEP; time += STEP) {
    await recorder.random('c1', random, async (question) => ({
      process: 'p1',
      reply: await answer(tokens, question),
    }))
  }
  return recorder.history
}

/** The same, as if calls had taken longer: each begins before it happened, and ends after that. */
function stretch(history: History, widths: readonly (readonly [number, number])[]): History {
  return history.map((call, at) => {
    const [before, after] = widths[at] ?? [0, 0]
    return { ...call, start: call.start - before, end: call.end + after }
  })
}

/** The opposite answer, where a call can only have one or the other; else `undefined`. */
function oppositeOf({ request, answer }: Call): Answer | undefined {
  if (request.kind === 'check') {
    return answer.kind === 'done' ? { kind: 'refused', code: 'token_revoked' } : { kind: 'done' }
  }
  if (request.kind === 'refresh' && answer.kind === 'tokens')
    return { kind: 'refused', code: 'token_revoked' }
  if (request.kind === 'refresh' && answer.kind === 'refused') {
    return { kind: 'tokens', refresh: 'r0', access: 'a0' }
  }
  return request.kind === 'end' && answer.kind === 'ended'
    ? { kind: 'ended', count: 1 - answer.count }
    : undefined
}

/** Some answers do not arrive; tokens that somebody has used did. */
function forget(history: History, lost: readonly boolean[]): History {
  const used = new Set(history.flatMap(({ request }) => ('token' in request ? request.token : [])))
  return history.map((call, at): Call => {
    const { answer, request } = call
    const names = answer.kind === 'tokens' ? [answer.refresh, answer.access] : []
    const isUsed = request.kind === 'login' || names.some((name) => name !== undefined && used.has(name))
    return lost[at] === true && !isUsed ? { ...call, answer: { kind: 'unknown' } } : call
  })
}

/** A history for each answer that is turned into its opposite, alone. */
function spoil(history: History): readonly History[] {
  return history.flatMap((call, at) => {
    const opposite = oppositeOf(call)
    return opposite === undefined ? [] : [history.with(at, { ...call, answer: opposite })]
  })
}

describe('histories of the library itself, in memory', () => {
  it('are accepted, however their calls overlap', () =>
    fc.assert(
      fc.asyncProperty(seeds, widths, graces, fc.boolean(), async (seed, widths, grace, asWhole) => {
        const history = stretch(await recordSequence(widths.length, seed, grace), widths)

        const checked = checkHistory(history, { grace, maxStaleness: 0 }, { asWhole })
        expect(checked).toEqual({ contradictions: [], undecided: [] })
      }),
      runs(200),
    ))

  it('are accepted where some answers were lost', () =>
    fc.assert(
      fc.asyncProperty(seeds, widths, graces, fc.array(fc.boolean()), async (seed, widths, grace, lost) => {
        const history = stretch(await recordSequence(widths.length, seed, grace), widths)
        const forgotten = forget(history, lost)

        const checked = checkHistory(forgotten, { grace, maxStaleness: 0 })
        expect(checked.contradictions).toEqual([])
      }),
      runs(200),
    ))

  it('are refused if one answer is turned into its opposite', () =>
    fc.assert(
      fc.asyncProperty(seeds, graces, async (seed, grace) => {
        for (const spoiled of spoil(await recordSequence(16, seed, grace))) {
          const { contradictions } = checkHistory(spoiled, { grace, maxStaleness: 0 })
          expect(contradictions).not.toEqual([])
        }
      }),
      runs(60),
    ))

  it('are mostly refused even if calls overlap', async () => {
    let [refused, all] = [0, 0]
    for (const [seed, spans] of fc.sample(fc.tuple(seeds, widths), { numRuns: 60, seed: 1 })) {
      for (const spoiled of spoil(stretch(await recordSequence(spans.length, seed, 60_000), spans))) {
        all++
        if (checkHistory(spoiled, { grace: 60_000, maxStaleness: 0 }).contradictions.length > 0) refused++
      }
    }

    expect(all).toBeGreaterThan(200)
    expect(refused / all).toBeGreaterThan(0.5)
  })
})
