import { describe, expect, it } from '@jest/globals'
import { Clock, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { FakeClock } from '@nest-jwt-auth/core/testing'
import { Test } from '@nestjs/testing'
import { randomBytes } from 'node:crypto'

const start = async (options: object = {}) => {
  const clock = new FakeClock()
  const module = await Test.createTestingModule({
    imports: [JwtAuthModule.forRoot({ secret: randomBytes(32), ...options })],
  })
    .overrideProvider(Clock)
    .useValue(clock)
    .compile()
  return { clock, tokens: module.get(TokenService) }
}

describe('a session', () => {
  it('gives a successor, the same one again inside the grace, and ends when an older token comes back', async () => {
    const { clock, tokens } = await start()
    const first = await tokens.issue('ada')
    clock.advance(1)
    const second = await tokens.refresh(first.refreshToken!)
    clock.advance(1)
    const again = await tokens.refresh(first.refreshToken!)
    expect(again.refreshToken).toBe(second.refreshToken)
    const third = await tokens.refresh(second.refreshToken!)
    await tokens.verify(third.accessToken)
    await expect(tokens.refresh(first.refreshToken!)).rejects.toMatchObject({ errorCode: 'refresh_reused' })
    await expect(tokens.verify(third.accessToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
  })
  it.each<[string, (tokens: TokenService, token: string) => Promise<unknown>]>([
    ['refresh', (tokens, token) => tokens.refresh(token)],
    ['verify', (tokens, token) => tokens.verify(token, { kind: 'refresh' })],
  ])(
    'without a grace ends when %s gets an older token, even where the clock was set back',
    async (_, use) => {
      const { clock, tokens } = await start({ refreshToken: { reuseGrace: 0 } })
      const first = await tokens.issue('ada')
      await tokens.refresh(first.refreshToken!)
      clock.advance(-1)

      await expect(use(tokens, first.refreshToken!)).rejects.toMatchObject({ errorCode: 'refresh_reused' })
      expect(await tokens.sessions('ada')).toEqual([])
    },
  )

  it('is listed with its dates', async () => {
    const { clock, tokens } = await start({ refreshToken: { expiresIn: '1h' } })
    clock.set(Date.parse('2030-01-01T00:00:00Z'))
    await tokens.issue('ada', { authTime: new Date('2029-12-31T23:00:00Z') })
    clock.advance('10m')
    await tokens.issue('ada')

    const listed = (await tokens.sessions('ada')).toSorted(
      (a, b) => Number(a.createdAt) - Number(b.createdAt),
    )
    const dates = listed.map(({ createdAt, lastUsedAt, expiresAt, authTime }) =>
      [createdAt, lastUsedAt, expiresAt, authTime].map((date) => date?.toISOString().slice(11, 19)),
    )
    expect(dates).toEqual([
      ['00:00:00', '00:00:00', '01:00:00', '23:00:00'],
      ['00:10:00', '00:10:00', '01:10:00', '00:10:00'],
    ])
  })

  it('revokeAll', async () => {
    const { tokens } = await start()
    const alone = await tokens.issueAccessToken('ada')
    const pair = await tokens.issue('ada')
    await tokens.verify(alone)
    expect(await tokens.sessions('ada')).toHaveLength(1)
    await tokens.revokeAll('ada')
    const later = await tokens.issueAccessToken('ada')
    await tokens.verify(later)
    await tokens.verify((await tokens.issue('ada')).accessToken)
    await expect(tokens.verify(alone)).rejects.toMatchObject({ errorCode: 'token_revoked' })
    await expect(tokens.verify(pair.accessToken)).rejects.toMatchObject({ errorCode: 'token_revoked' })
    await tokens.revoke(later)
    await expect(tokens.verify(later)).rejects.toMatchObject({ errorCode: 'token_revoked' })
    const once = await tokens.issueOneTimeToken('reset', 'ada', { expiresIn: '1h' })
    await expect(tokens.consumeOneTimeToken('confirm', once)).rejects.toMatchObject({
      errorCode: 'token_wrong_type',
    })
    expect((await tokens.consumeOneTimeToken('reset', once)).claims.sub).toBe('ada')
    await expect(tokens.consumeOneTimeToken('reset', once)).rejects.toMatchObject({
      errorCode: 'token_revoked',
    })
  })
})
