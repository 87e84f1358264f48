import type { KeyObject } from 'node:crypto'
import { Controller, Get, UseGuards } from '@nestjs/common'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { Claims, type IssuerOptions, JwtAuthModule, JwtGuard, RequireScopes } from '@nest-jwt-auth/core'
import { adapters, type RunningApp, startApp } from '../support/adapters.js'
import { SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'
import { inSeconds } from './foreign-app.js'
import { StubIssuer } from './issuer-stub.js'
import { RsaParty } from './rsa-party.js'

type Json = Record<string, unknown>

/** How a token differs from the right one. `undefined` leaves a member out. */
export interface Change {
  readonly header?: Json
  readonly claims?: Json
  readonly key?: KeyObject
}

export interface PresetCase {
  readonly preset: () => IssuerOptions
  /** Where the documentation of the provider says that its keys are. */
  readonly keysAt: string
  /** As the documentation of the provider shows them; dates are added. */
  readonly header: Json
  readonly claims: Json
  /** Other tokens that are right, by what they are. */
  readonly right?: Record<string, Change>
  /** The code of the refusal, by what the token is. */
  readonly refused: Record<string, [code: string, change: Change]>
  /** Puts the scope `items:read` into the claims, and into a claim that must not count. */
  readonly granting?: Json
  readonly denying?: Json
  /** Tokens by the subject that they have in an app without other issuers. */
  readonly subjects?: Record<string, Change>
  /** The provider publishes certificates instead of a JWK Set. */
  readonly certificates?: boolean
}

const provider = new RsaParty()
const stranger = new RsaParty()

@Controller()
@UseGuards(JwtGuard)
class MeController {
  @Get('me')
  me(@Claims() claims: Json) {
    return claims
  }

  @Get('items')
  @RequireScopes('items:read')
  items() {
    return []
  }
}

/** Shows what an app accepts that has a preset as its only issuer, and beside keys of its own. */
export function describePreset(name: string, test: PresetCase): void {
  describe(`a token of ${name}`, () => {
    let alone: RunningApp
    let beside: RunningApp
    const service = new StubIssuer()

    beforeAll(async () => {
      publishKeys(service, test)
      const issuers = [{ ...test.preset(), fetch: service.fetch }]
      alone = await start({ issuers })
      beside = await start({ issuers, secret: SECRET, issuer: 'https://api.example.com' })
    })

    const right: Record<string, Change> = { 'as the documentation shows it': {}, ...test.right }
    it.each(Object.entries(right))('is accepted: %s', async (_, change) => {
      const token = newToken(test, change)
      const { iss, sub } = { ...test.claims, ...change.claims } as Record<string, string>
      const seen = await alone.get('/me', token)
      expect(seen).toMatchObject({ status: 200, body: { iss } })
      expect(seen.body).toHaveProperty('sub', expect.stringMatching(new RegExp(`(^|\\|)${sub ?? ''}$`)))
      expect(await beside.get('/me', token)).toMatchObject({ status: 200 })
    })

    const everywhere: PresetCase['refused'] = {
      'with the key of another': ['token_signature_invalid', { key: stranger.privateKey }],
      'of another issuer': ['token_signature_invalid', { claims: { iss: 'https://evil.example' } }],
      'without iss': ['token_signature_invalid', { claims: { iss: undefined } }],
      'under a secret': ['token_signature_invalid', { header: { alg: 'HS256' } }],
      'like our refresh tokens': ['token_wrong_type', { header: { typ: 'rt+jwt' } }],
      'without subject': ['token_claims_invalid', { claims: { sub: undefined } }],
      'that is over': ['token_expired', { claims: { iat: inSeconds(-120), exp: inSeconds(-1) } }],
    }
    it.each(Object.entries({ ...everywhere, ...test.refused }))(
      'is refused: %s',
      async (_, [code, change]) => {
        const token = newToken(test, change)
        expect(await alone.get('/me', token)).toMatchObject(refused(401, code))
        expect(await beside.get('/me', token)).toMatchObject(refused(401, code))
      },
    )

    for (const [sub, change] of Object.entries(test.subjects ?? {})) {
      it(`has the subject ${sub}`, async () => {
        expect(await alone.get('/me', newToken(test, change))).toMatchObject({ body: { sub } })
      })
    }

    const { granting, denying } = test
    if (granting !== undefined) {
      it('has the scopes that @RequireScopes reads', async () => {
        expect(await beside.get('/items', newToken(test, { claims: granting }))).toMatchObject({
          status: 200,
        })
        const other = newToken(test, { claims: denying ?? {} })
        expect(await beside.get('/items', other)).toMatchObject(refused(403, 'insufficient_scope'))
      })
    }

    it('makes the app ask for nothing but the keys of the provider', () => {
      expect(new Set(service.asked)).toEqual(new Set([test.keysAt]))
    })
  })
}

function start(options: Parameters<typeof JwtAuthModule.forRoot>[0]): Promise<RunningApp> {
  const [adapter] = adapters
  if (adapter === undefined) throw new Error('There is no adapter.')
  return startApp(adapter, { imports: [JwtAuthModule.forRoot(options)], controllers: [MeController] })
}

function publishKeys(service: StubIssuer, { keysAt, certificates = false }: PresetCase): void {
  service.publishDocument(certificates ? provider.certificates : provider.jwks, {}, keysAt)
}

function newToken(test: PresetCase, { header, claims, key }: Change): string {
  return provider.token({ ...test.header, ...header }, { ...test.claims, ...claims }, key)
}
