import { expect } from '@jest/globals'
import { createClient } from 'graphql-ws'
import { WebSocket } from 'ws'
import { sendRequest } from '../support/http.js'
import { challengeOf } from '../support/refusals.js'
import { codeBlocks } from './code-blocks.js'
import { bearer, tokenFor } from './with-tokens.js'

/** What docs/graphql.md promises of its resolver, its refusal among it. */
export async function expectGraphql(port: number): Promise<void> {
  const send = (query: string, token?: string) =>
    sendRequest(port, {
      method: 'POST',
      path: '/graphql',
      body: { query },
      headers: token === undefined ? [] : bearer(token),
    })
  const member = await tokenFor(port, 'ada')
  const editor = await tokenFor(port, 'ada', { scope: 'items:delete' })

  expect(await send('{ items }')).toMatchObject({ status: 200, body: { data: { items: ['pen'] } } })
  expect(await send('{ me }', member)).toMatchObject({ body: { data: { me: 'ada' } } })
  const anonymous = await send('{ me }')
  expect(anonymous).toMatchObject({ status: 200, body: documentedRefusal() })
  expect(challengeOf(anonymous)?.scheme).toBe('Bearer')
  expect(await send('mutation { removeItem }', member)).toMatchObject({
    body: { errors: [{ extensions: { code: 'FORBIDDEN', errorCode: 'insufficient_scope' } }] },
  })

  const client = createClient({
    url: `ws://127.0.0.1:${port}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${member}` },
  })
  const events = client.iterate({ query: 'subscription { itemRemoved }' })
  const next = events.next()
  const heard = next.then(() => true)
  const remove = () => send('mutation { removeItem }', editor).then(() => false)
  // Until the subscription listens, there is nobody to tell.
  while (!(await Promise.race([heard, remove()])));
  expect(await next).toMatchObject({ value: { data: { itemRemoved: 'pen' } } })
  await client.dispose()
}

function documentedRefusal(): object {
  const block = codeBlocks('docs/graphql.md').find(({ language }) => language === 'json')
  return JSON.parse(block?.code ?? '') as object
}
