import { Controller, Get, Req, UseGuards } from '@nestjs/common'
import { beforeAll, beforeEach, describe, expect, it } from '@jest/globals'
import {
  CurrentIdentity,
  JwtAuthContext,
  JwtAuthModule,
  JwtGuard,
  TokenService,
  type JwtClaims,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule, type RunningApp } from '../support/adapters.js'
import { readToken, SECRET } from '../support/forge.js'

const falsy: [shown: string, identity: unknown, subject: string][] = [
  ['0', 0, 'number 0'],
  ["''", '', 'string '],
  ['false', false, 'boolean false'],
]

const subject = (identity: unknown) => `${typeof identity} ${String(identity)}`
const identityOf = ({ sub }: JwtClaims) => falsy.find(([, , known]) => known === sub)?.[1]

let loads = 0
const identityLoader = {
  useValue: {
    loadIdentity: (claims: JwtClaims) => {
      loads += 1
      return identityOf(claims)
    },
  },
}
const claimsLoader = { useValue: { loadClaims: (identity: unknown) => ({ was: typeof identity }) } }

@Controller('who')
@UseGuards(JwtGuard)
class WhoController {
  constructor(private readonly context: JwtAuthContext) {}

  @Get()
  async who(@CurrentIdentity() identity: unknown, @Req() request: { user: unknown }) {
    return { identity, attached: request.user, inContext: await this.context.identity() }
  }
}

describe.each(adapters)('a falsy identity on $name', (adapter) => {
  let app: RunningApp

  beforeAll(async () => {
    const options = {
      secret: SECRET,
      subject,
      identityLoader,
      claimsLoader,
      attachIdentityAs: 'user',
      requestContext: true,
    }
    app = await startApp(adapter, { imports: [JwtAuthModule.forRoot(options)], controllers: [WhoController] })
  })

  beforeEach(() => {
    loads = 0
  })

  it.each(falsy)('is an identity, and loaded once: %s', async (_, identity, sub) => {
    const token = await app.tokens.issueAccessToken(identity)

    expect(readToken(token).claims).toMatchObject({ sub, was: typeof identity })
    expect(await app.get('/who', token)).toMatchObject({
      status: 200,
      body: { identity, attached: identity, inContext: identity },
    })
    expect(loads).toBe(1)
  })
})

describe('a falsy identity, when tokens are issued', () => {
  it('is its own subject where it is a number, and needs a name where it is an empty text', async () => {
    const tokens = (await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })).get(
      TokenService,
    )

    expect(readToken(await tokens.issueAccessToken(0)).claims['sub']).toBe('0')
    await expect(tokens.issueAccessToken('')).rejects.toMatchObject({ code: 'subject_invalid' })
  })
})
