import { beforeAll, describe, expect, it } from '@jest/globals'
import { ClientProxyFactory, Transport } from '@nestjs/microservices'
import { withBearer } from '@nest-jwt-auth/core/microservices'
import { firstValueFrom } from 'rxjs'
import { sendRequest } from '../support/http.js'
import { appsOf, type Sources } from './code-blocks.js'
import { useCompiler, whileRunning } from './compiled-apps.js'
import { bearer, mainWithTokens, tokenFor } from './with-tokens.js'

const JWT_SECRET = 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ'

const compiled = useCompiler()

describe('docs/microservices.md', () => {
  const page = 'docs/microservices.md'
  let items: string
  let orders: string

  beforeAll(async () => {
    const parts = (app: string): Sources => appsOf(page).get(app) ?? []
    items = await compiled('items', parts(''))
    const ordersParts = parts('orders').filter(([path]) => path !== 'src/main.ts')
    orders = await compiled('orders', [...ordersParts, mainWithTokens])
  })

  it('the service of the page answers the app that calls it, and refuses what it says', async () => {
    await whileRunning(items, { JWT_SECRET }, async (itemsPort) => {
      const env = { JWT_SECRET, ITEMS_PORT: String(itemsPort) }
      await whileRunning(orders, env, async (port) => {
        const token = await tokenFor(port, 'ada')
        for (const path of ['/orders/items', '/orders/items/once']) {
          const answer = await sendRequest(port, { path, headers: bearer(token) })
          expect(answer).toMatchObject({ status: 200, body: { owner: 'ada' } })
        }

        const forItems = await tokenFor(port, 'ada', { aud: 'items' })
        expect(await sendRequest(port, { path: '/orders/items', headers: bearer(forItems) })).toMatchObject({
          status: 200,
        })

        const options = { host: '127.0.0.1', port: itemsPort }
        const client = ClientProxyFactory.create({ transport: Transport.TCP, options })
        const remove = (bearerToken?: string) =>
          firstValueFrom(withBearer(client, bearerToken).send<unknown>('items.remove', '7'))
        await expect(remove()).rejects.toMatchObject({ status: 401, errorCode: 'token_missing' })
        await expect(remove(token)).rejects.toMatchObject({ status: 403, errorCode: 'insufficient_scope' })
        const editor = await tokenFor(port, 'ada', { scope: 'items:delete' })
        expect(await remove(editor)).toEqual({ removed: '7' })
        await client.close()
      })
    })
  })
})
