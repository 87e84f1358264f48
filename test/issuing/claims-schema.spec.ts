import { Controller, Get, UseGuards } from '@nestjs/common'
import { describe, expect, it } from '@jest/globals'
import * as v from 'valibot'
import { z } from 'zod'
import {
  Claims,
  JwtAuthConfigError,
  JwtAuthModule,
  JwtGuard,
  TokenService,
  type ClaimsLoaderContext,
  type StandardSchema,
} from '@nest-jwt-auth/core'
import { adapters, startApp, startModule, type Adapter } from '../support/adapters.js'
import { reforge, SECRET } from '../support/forge.js'
import { refused } from '../support/refusals.js'

const sold = async (plan: string) => {
  await Promise.resolve()
  return plan === 'free' || plan === 'pro'
}

/** All say the same: there is a plan, and it is free or pro. They would say it in capitals, if they were asked. */
const schemas: [name: string, schema: StandardSchema][] = [
  ['zod', z.strictObject({ plan: z.enum(['free', 'pro']).transform((plan) => plan.toUpperCase()) })],
  ['zod, async', z.strictObject({ plan: z.string().refine(sold).toUpperCase() })],
  [
    'valibot',
    v.strictObject({
      plan: v.pipe(
        v.picklist(['free', 'pro']),
        v.transform((plan) => plan.toUpperCase()),
      ),
    }),
  ],
  [
    'valibot, async',
    v.strictObjectAsync({ plan: v.pipeAsync(v.string(), v.checkAsync(sold), v.toUpperCase()) }),
  ],
  [
    'a library whose schemas are functions',
    Object.assign(() => 'PRO', {
      '~standard': z.strictObject({ plan: z.enum(['free', 'pro']) })['~standard'],
    }),
  ],
]

const broken: StandardSchema = {
  '~standard': {
    version: 1,
    vendor: 'this spec',
    validate: () => Promise.reject(new Error('the list of plans is gone')),
  },
}

@Controller('plan')
@UseGuards(JwtGuard)
class PlanController {
  @Get()
  plan(@Claims('plan') plan: unknown) {
    return { plan }
  }
}

const startWith = (adapter: Adapter, claimsSchema: StandardSchema | undefined) =>
  startApp(adapter, {
    imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsSchema })],
    controllers: [PlanController],
  })

async function tokensWith(claimsSchema: StandardSchema, load: (context: ClaimsLoaderContext) => object) {
  const claimsLoader = {
    useValue: {
      loadClaims: (_: unknown, context: ClaimsLoaderContext) => load(context) as Record<string, unknown>,
    },
  }
  const imports = [JwtAuthModule.forRoot({ secret: SECRET, claimsSchema, claimsLoader })]
  return (await startModule({ imports })).get(TokenService)
}

describe.each(adapters)('claimsSchema on $name', (adapter) => {
  it.each(schemas)('of %s checks what is verified, and transforms nothing', async (_, schema) => {
    const app = await startWith(adapter, schema)
    const token = await app.tokens.issueAccessToken('ida', { claims: { plan: 'pro' } })

    expect(await app.get('/plan', token)).toMatchObject({ status: 200, body: { plan: 'pro' } })
    for (const claims of [{ plan: 'gold' }, { plan: undefined }, { plan: null }, { more: 1 }]) {
      const other = reforge(token, { claims })
      expect(await app.get('/plan', other)).toMatchObject(refused(401, 'token_claims_invalid'))
    }
  })

  it('that throws refuses the token', async () => {
    const app = await startWith(adapter, broken)
    const healthy = await startWith(adapter, undefined)
    const token = await healthy.tokens.issueAccessToken('ida')

    expect(await app.get('/plan', token)).toMatchObject({ status: 500 })
    await expect(app.tokens.issueAccessToken('ida')).rejects.toThrow()
  })
})

describe('claimsSchema, when tokens are issued', () => {
  it.each(schemas)('of %s checks the custom claims, and those alone', async (_, schema) => {
    const tokens = await tokensWith(schema, () => ({ plan: 'free' }))
    const invalid = { code: 'claims_invalid' }

    await expect(tokens.issueAccessToken('ida')).resolves.toBeTruthy()
    await expect(tokens.issueAccessToken('ida', { claims: { aud: 'x', nbf: 1 } })).resolves.toBeTruthy()
    await expect(tokens.issueAccessToken('ida', { claims: { plan: 'gold' } })).rejects.toMatchObject(invalid)
    await expect(tokens.issue('ida', { claims: { plan: 'gold' } })).rejects.toMatchObject(invalid)
    await expect(tokens.issue('ida', { claims: { more: 1 } })).rejects.toMatchObject(invalid)
  })

  it('leaves refresh tokens alone', async () => {
    const tokens = await tokensWith(z.strictObject({ plan: z.string() }), ({ kind }) =>
      kind === 'access' ? { plan: 'free' } : {},
    )
    const { refresh_token: refresh = '' } = await tokens.issue('ida')

    await expect(tokens.verify(refresh, { kind: 'refresh' })).resolves.toBeTruthy()
  })

  it('sees the claims as they will be in the token', async () => {
    const since = new Date('2029-05-01T00:00:00Z')
    const tokens = await tokensWith(z.strictObject({ since: z.iso.datetime() }), () => ({ since }))
    const { claims } = await tokens.verify(await tokens.issueAccessToken('ida'))

    expect(claims).toMatchObject({ since: since.toISOString() })
  })

  it.each([[{}], [() => true], ['plan'], [null], [{ '~standard': null }]])(
    'stops the start where it is no schema: %p',
    async (value) => {
      const claimsSchema = value as unknown as StandardSchema
      const started = startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET, claimsSchema })] })

      await expect(started).rejects.toBeInstanceOf(JwtAuthConfigError)
      await expect(started).rejects.toThrow('claimsSchema')
    },
  )
})
