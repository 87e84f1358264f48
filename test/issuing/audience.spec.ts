import { describe, expect, it } from '@jest/globals'
import { JwtAuthConfigError, JwtAuthModule, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../support/adapters.js'
import { readToken, reforge, SECRET } from '../support/forge.js'

type Audience = string | readonly string[] | undefined

async function tokensFor(audience: Audience): Promise<TokenService> {
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, audience })]
  return (await startModule({ imports })).get(TokenService)
}

const several = ['shop', 'office']

const accepted: [configured: Audience, claimed: unknown][] = [
  ['shop', 'shop'],
  ['shop', ['shop']],
  ['shop', ['else', 'shop', 'where']],
  [several, 'office'],
  [several, ['office']],
  [several, ['else', 'shop']],
  [several, several],
  [undefined, undefined],
  [undefined, 'anybody'],
  [undefined, ['any', 'body']],
]

const denied: [configured: Audience, claimed: unknown][] = [
  ['shop', undefined],
  ['shop', 'else'],
  ['shop', 'SHOP'],
  ['shop', 'shop else'],
  ['shop', ''],
  ['shop', []],
  ['shop', ['else', 'where']],
  ['shop', null],
  ['shop', 7],
  ['shop', { shop: true }],
  ['shop', ['shop', 7]],
  [several, undefined],
  [several, 'else'],
  [several, 'shop,office'],
  [several, []],
]

describe('the audience', () => {
  it.each(accepted)('%j is satisfied by %j', async (configured, aud) => {
    const tokens = await tokensFor(configured)
    const token = reforge(await tokens.issueAccessToken('ida'), { claims: { aud } })

    await expect(tokens.verify(token)).resolves.toMatchObject({ claims: { sub: 'ida' } })
  })

  it.each(denied)('%j is not satisfied by %j', async (configured, aud) => {
    const tokens = await tokensFor(configured)
    const token = reforge(await tokens.issueAccessToken('ida'), { claims: { aud } })

    await expect(tokens.verify(token)).rejects.toMatchObject({ errorCode: 'token_claims_invalid' })
  })

  it('of several is stamped as a list, which the app itself takes', async () => {
    const tokens = await tokensFor(several)
    const token = await tokens.issueAccessToken('ida')

    expect(readToken(token).claims['aud']).toEqual(several)
    await expect(tokens.verify(token)).resolves.toBeTruthy()
  })

  it('of a token for another app is refused', async () => {
    const tokens = await tokensFor('shop')
    const pair = await tokens.issue('ida', { audience: 'printer' })

    await expect(tokens.verify(pair.access_token)).rejects.toMatchObject({
      errorCode: 'token_claims_invalid',
    })
    await expect(tokens.verify(pair.refresh_token ?? '', { kind: 'refresh' })).resolves.toBeTruthy()
  })

  it.each([7, [7], {}, [], '', ['']].map((aud) => [aud]))('may not be issued as %j', async (aud) => {
    const tokens = await tokensFor(undefined)
    const issued = tokens.issueAccessToken('ida', { claims: { aud: aud as unknown as string } })

    await expect(issued).rejects.toMatchObject({ code: 'claims_invalid' })
  })

  it('given to a call is checked before a session keeps it: nothing that JSON cannot express gets there', async () => {
    const tokens = await tokensFor(undefined)
    for (const audience of [[0n], 0n, { toJSON: () => 'shop' }, [''], []]) {
      const options = { audience: audience as unknown as string }
      await expect(tokens.issue('ida', options)).rejects.toMatchObject({ code: 'claims_invalid' })
      const { refresh_token: token = '' } = await tokens.issue('ida')
      await expect(tokens.refresh(token, options)).rejects.toMatchObject({ code: 'claims_invalid' })
    }
  })

  it('that is empty is a boot error', async () => {
    for (const audience of [[], '', ['shop', '']]) {
      await expect(tokensFor(audience)).rejects.toBeInstanceOf(JwtAuthConfigError)
    }
  })
})
