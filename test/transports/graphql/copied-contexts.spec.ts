import { ExecutionContextHost } from '@nestjs/core/helpers/execution-context-host.js'
import { beforeAll, describe, expect, it } from '@jest/globals'
import { JwtAuthModule, JwtGuard, RequireClaims, TokenService } from '@nest-jwt-auth/core'
import { startModule } from '../../support/adapters.js'
import { breakSignature, SECRET } from '../../support/forge.js'

class Resolvers {
  @RequireClaims({ sub: 'ben' })
  resolve(this: void): void {}
}

type Context = Record<string, unknown>

const headersWith = (token?: string) => (token === undefined ? {} : { authorization: `Bearer ${token}` })
const upgrade = (headers: object = {}) => ({ headers: { upgrade: 'websocket', ...headers } })

/** What a driver gives to resolvers, and the member of it that has the token. */
const kinds: { name: string; member: string; make: (token?: string) => Context }[] = [
  { name: 'a request', member: 'req', make: (token) => ({ req: { headers: headersWith(token) } }) },
  {
    name: 'graphql-ws',
    member: 'connectionParams',
    make: (token) => ({ extra: { request: upgrade() }, connectionParams: headersWith(token) }),
  },
  {
    name: 'graphql-ws in Apollo',
    member: 'req',
    make: (token) => ({ req: { extra: { request: upgrade() }, connectionParams: headersWith(token) } }),
  },
  {
    name: 'a subscription of Mercurius',
    member: '_connectionInit',
    make: (token) => ({ request: upgrade(), _connectionInit: headersWith(token) }),
  },
  {
    name: 'an upgrade request with the token',
    member: 'request',
    make: (token) => ({ request: upgrade(headersWith(token)) }),
  },
]

/** What an app makes that calls its own schema: all of the first one, with the token of the other. */
const copies: Record<string, (first: Context, other: Context, member: string) => Context> = {
  spread: (first, other, member) => ({ ...first, [member]: other[member] }),
  derived: (first, other, member) => Object.create(first, { [member]: { value: other[member] } }) as Context,
  'spread, with all that it holds,': (first, other, member) => ({
    ...first,
    [member]: { ...(first[member] as object), ...(other[member] as object) },
  }),
}

async function startAsking() {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ secret: SECRET })] })
  const askWith = async (args: unknown[]): Promise<unknown> => {
    const context = new ExecutionContextHost(args, Resolvers, Resolvers.prototype.resolve)
    context.setType('graphql')
    return module.get(JwtGuard).canActivate(context)
  }
  const ask = (graphqlContext: Context, operation = {}): Promise<unknown> =>
    askWith([undefined, {}, graphqlContext, { operation, path: {} }])
  /** A resolver of references in a federation gets no arguments of a field. */
  const askForReference = (graphqlContext: Context): Promise<unknown> =>
    askWith([{ __typename: 'Item' }, graphqlContext, { operation: {}, path: {} }])
  return { ask, askForReference, tokens: module.get(TokenService) }
}

const code = (errorCode: string) => ({ extensions: { errorCode } })

describe.each(kinds)('the context of $name', ({ make, member }) => {
  let ask: (context: Context, operation?: object) => Promise<unknown>
  let ada: string
  let ben: string

  beforeAll(async () => {
    const { tokens, ask: started } = await startAsking()
    ask = started
    ada = await tokens.issueAccessToken('ada')
    ben = await tokens.issueAccessToken('ben')
  })

  it.each(Object.keys(copies))('that is %s from another is authenticated by its own token', async (how) => {
    const [first, operation] = [make(ben), {}]
    const copyWith = (token?: string) => copies[how]!(first, make(token), member)
    expect(await ask(first, operation)).toBe(true)

    await expect(ask(copyWith(ada), operation)).rejects.toMatchObject(code('insufficient_claims'))
    await expect(ask(copyWith(breakSignature(ben)), operation)).rejects.toMatchObject(
      code('token_signature_invalid'),
    )
    expect(await ask(copyWith(ben), operation)).toBe(true)
  })

  it('that has no token is anonymous, whatever was before it', async () => {
    expect(await ask(make(ben))).toBe(true)
    await expect(ask(make())).rejects.toMatchObject(code('token_missing'))
  })
})

it.each(kinds)('a reference in a federation is resolved with the token of $name', async ({ make }) => {
  const { askForReference, tokens } = await startAsking()

  expect(await askForReference(make(await tokens.issueAccessToken('ben')))).toBe(true)
  await expect(askForReference(make())).rejects.toMatchObject(code('token_missing'))
})

const [, ...overSockets] = kinds

describe.each(overSockets)('one context of $name for all operations of a connection', ({ make }) => {
  it('is authenticated for each operation', async () => {
    const { ask, tokens } = await startAsking()
    const token = await tokens.issueAccessToken('ben')
    const [context, operation] = [make(token), {}]
    expect(await ask(context, operation)).toBe(true)
    await tokens.revoke(token)

    expect(await ask(context, operation)).toBe(true)
    await expect(ask(context)).rejects.toMatchObject(code('token_revoked'))
  })
})
