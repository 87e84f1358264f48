import type { Sources } from './code-blocks.js'
import { sendRequest } from '../support/http.js'

/** A main file for apps without a login: it makes tokens for the test, outside the app's guards. */
export const mainWithTokens: Sources[number] = [
  'src/main.ts',
  `import { NestFactory } from '@nestjs/core'
import { createTestTokens } from '@nest-jwt-auth/core/testing'
import { AppModule } from './app.module.js'

const app = await NestFactory.create(AppModule)
const tokens = createTestTokens(app)
app.getHttpAdapter().get('/test-tokens', async (request, response) => {
  response.send(await tokens.accessToken(request.query.subject, { claims: JSON.parse(request.query.claims) }))
})
await app.listen(3000)
`,
]

/** An access token of the app at this port. */
export async function tokenFor(port: number, subject: string, claims: object = {}): Promise<string> {
  const query = new URLSearchParams({ subject, claims: JSON.stringify(claims) })
  const { text } = await sendRequest(port, { path: `/test-tokens?${query.toString()}` })
  return text
}

export const bearer = (token: string): [string, string][] => [['authorization', `Bearer ${token}`]]
