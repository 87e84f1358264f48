import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import type { Sources } from './code-blocks.js'
import { bearer } from './with-tokens.js'

/** Keeps the mails of the app, never says that a reset link was sent, and logs its one user in. */
export const mainWithMails: Sources[number] = [
  'src/main.ts',
  `import { NestFactory } from '@nestjs/core'
import { TokenService } from '@nest-jwt-auth/core'
import { Mailer } from './accounts.js'
import { AppModule } from './app.module.js'

const app = await NestFactory.create(AppModule)
const mails: { to: string; token: string | undefined }[] = []
app.get(Mailer).send = async (to, text) => {
  mails.push({ to, token: text.split('token=')[1] })
  if (text.includes('/reset')) await new Promise(() => {})
}
app.getHttpAdapter().get('/test-mails', (request, response) => response.send(mails.splice(0)))
app.getHttpAdapter().get('/test-login', async (request, response) => {
  response.send((await app.get(TokenService).issue('1')).accessToken)
})
await app.listen(3000)
`,
]

/** What docs/one-time-tokens.md says. */
export async function expectOneTimeTokens(port: number): Promise<void> {
  const post = (path: string, body?: object, token?: string) =>
    sendRequest(port, { method: 'POST', path, body, headers: token === undefined ? [] : bearer(token) })
  const mails = async () => (await sendRequest(port, { path: '/test-mails' })).body
  const mailedTo = async (to: string): Promise<string> => {
    const [mail] = (await mails()) as { to: string; token: string }[]
    if (mail === undefined) return mailedTo(to)
    expect(mail.to).toBe(to)
    return mail.token
  }
  const logIn = async () => (await sendRequest(port, { path: '/test-login' })).text

  for (const body of [undefined, {}, { email: 5 }]) {
    expect(await post('/password-reset', body)).toMatchObject({ status: 400 })
    expect(await post('/email/confirm', body)).toMatchObject(refused(401, 'token_malformed'))
  }
  expect(await post('/password-reset/finish')).toMatchObject({ status: 400 })
  expect(await post('/email', undefined, await logIn())).toMatchObject({ status: 400 })

  expect(await post('/password-reset', { email: 'eve@example.com' })).toMatchObject({ status: 202, text: '' })
  expect(await mails()).toEqual([])
  expect(await post('/password-reset', { email: 'ada@example.com' })).toMatchObject({ status: 202, text: '' })
  const reset = { token: await mailedTo('ada@example.com'), password: 'new' }

  const session = await logIn()
  expect(await post('/email/confirm', reset)).toMatchObject(refused(401, 'token_wrong_type'))
  expect(await post('/email', { email: 'ada@example.org' }, reset.token)).toMatchObject({ status: 401 })
  expect(await post('/password-reset/finish', reset)).toMatchObject({ status: 204 })
  expect(await post('/password-reset/finish', reset)).toMatchObject(refused(401, 'token_revoked'))
  expect(await post('/email', { email: 'ada@example.org' }, session)).toMatchObject(
    refused(401, 'token_revoked'),
  )

  expect(await post('/email', { email: 'ada@example.org' }, await logIn())).toMatchObject({ status: 202 })
  const token = await mailedTo('ada@example.org')
  expect(await post('/email/confirm', { token })).toMatchObject({
    status: 201,
    body: { id: '1', email: 'ada@example.org' },
  })
}
