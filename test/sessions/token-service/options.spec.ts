import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError } from '@nest-jwt-auth/core'
import { start, type Settings } from './start.js'

describe('what sessions live by', () => {
  it.each<[string, object]>([
    ['sessions.max', { sessions: { max: 0 } }],
    ['sessions.max', { sessions: { max: 1.5 } }],
    ['sessions.max', { sessions: { max: '2' } }],
    ['sessions.timeout', { sessions: { timeout: 0 } }],
    ['sessions.timeout', { sessions: { timeout: '-1s' } }],
    ['sessions.timeout', { sessions: { timeout: '500' } }],
    ['sessions.timeout', { sessions: { timeout: '2m' } }],
    ['sessions.maximum', { sessions: { maximum: 3 } }],
    ['refreshToken.expiresIn', { refreshToken: { expiresIn: '30' } }],
    ['refreshToken.expiresIn', { refreshToken: { expiresIn: 'never' } }],
    ['refreshToken.sessionExpiresIn', { refreshToken: { sessionExpiresIn: 0 } }],
    ['refreshToken.sessionExpiresIn', { refreshToken: { sessionExpiresIn: '90' } }],
    ['refreshToken.reuseGrace', { refreshToken: { reuseGrace: '61s' } }],
    ['refreshToken.reuseGrace', { refreshToken: { reuseGrace: -1 } }],
    ['refreshToken', { refreshToken: true }],
  ])('is refused at boot: %s in %j', async (path, settings) => {
    const error: unknown = await start(settings as Settings).catch((thrown: unknown) => thrown)

    expect(error).toBeInstanceOf(JwtAuthConfigError)
    expect((error as Error).message).toContain(`- ${path}: `)
  })

  it.each<[object]>([
    [{ sessions: { max: 1, timeout: '1m' } }],
    [{ refreshToken: { reuseGrace: '60s', sessionExpiresIn: '1s', expiresIn: 1 } }],
    [{ refreshToken: { reuseGrace: undefined, sessionExpiresIn: undefined, expiresIn: undefined } }],
  ])('may be %j', async (settings) => {
    const { tokens } = await start(settings)

    await expect(tokens.issue('ada')).resolves.toBeDefined()
  })
})
