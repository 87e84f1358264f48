import { Controller, Get } from '@nestjs/common'
import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, OptionalAuth } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'

/** Node refuses a request whose headers are longer than 16 KiB in all. */
const LENGTH = 15_000
const name = '__Host-access_token'

const filledWith = (text: string): string => text.repeat(LENGTH / text.length)

type Headers = readonly (readonly [name: string, value: string])[]

const harmless: Headers = [['Cookie', `theme=${'x'.repeat(LENGTH)}`]]

const hostile: [what: string, headers: Headers][] = [
  ...[
    ';',
    '; ',
    ' ',
    '\t',
    ' ;',
    '=',
    'a=b;',
    '_',
    name,
    `${name};`,
    `${name} =;`,
    `x${name}=`,
    `x${name}=;`,
    `${name.slice(1)}=`,
    `x${' '.repeat(100)}${name}=;`,
    `"${name}=`,
  ].map((text): [string, Headers] => [
    `a cookie filled with ${JSON.stringify(text)}`,
    [['Cookie', filledWith(text)]],
  ]),
  ['many Cookie headers', Array.from({ length: 1000 }, () => ['Cookie', ';;;;'] as const)],
  [
    'many headers as long as Authorization',
    Array.from({ length: 900 }, (_, at) => [`Authorizatio${'abcdefgh'[at % 8]}`, ''] as const),
  ],
  ['a long scheme', [['Authorization', filledWith('a')]]],
  ['another scheme and blanks', [['Authorization', `Basic${filledWith(' ')}x`]]],
]

class AnyController {
  @Get()
  @OptionalAuth()
  read() {}
}
Controller()(AnyController)

/** What Express and Fastify make of these headers, as far as the guard looks at it. */
function requestWith(headers: Headers) {
  const byName = new Map<string, string>()
  for (const [header, value] of headers) {
    const known = byName.get(header.toLowerCase())
    byName.set(header.toLowerCase(), known === undefined ? value : `${known}; ${value}`)
  }
  return { method: 'GET', headers: Object.fromEntries(byName), rawHeaders: headers.flat() }
}

describe('a request that is made to cost much', () => {
  let guard: JwtGuard

  beforeAll(async () => {
    const auth = JwtAuthModule.forRoot({ secret: SECRET, locations: ['cookie', 'header'] })
    guard = (await startModule({ imports: [auth], controllers: [AnyController] })).get(JwtGuard)
  })

  /** The least time that the guard took for a request with these headers, in nanoseconds. */
  async function timeOf(headers: Headers): Promise<bigint> {
    const handler = Object.getOwnPropertyDescriptor(AnyController.prototype, 'read')?.value as () => void
    let least = BigInt(Number.MAX_SAFE_INTEGER)
    for (let round = 0; round < 40; round++) {
      const context = new ExecutionContextHost([requestWith(headers), {}], AnyController, handler)
      const start = process.hrtime.bigint()
      expect(await guard.canActivate(context)).toBe(true)
      const time = process.hrtime.bigint() - start
      if (time < least) least = time
    }
    return least
  }

  it.each(hostile)('is let through as fast as any of its length: %s', async (_, headers) => {
    await timeOf(harmless)
    const ratio = Number(await timeOf(headers)) / Number(await timeOf(harmless))

    // About 2 at most; a list of all cookies made it 40.
    expect(ratio).toBeLessThan(8)
  })
})
