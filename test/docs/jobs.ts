import { expect } from '@jest/globals'
import { sendRequest } from '../support/http.js'
import { refused } from '../support/refusals.js'
import type { Sources } from './code-blocks.js'

/** Runs the jobs of the app when it is asked to, not at night, and gives what they write to the log. */
export const mainWithJobs: Sources[number] = [
  'src/main.ts',
  `import { EventEmitter, once } from 'node:events'
import { ConsoleLogger } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { SchedulerRegistry } from '@nestjs/schedule'
import { AppModule } from './app.module.js'

const log = new EventEmitter()
class Logger extends ConsoleLogger {
  override log(line: unknown, context?: string) {
    log.emit(String(context), line)
  }
}

const app = await NestFactory.create(AppModule, { logger: new Logger() })
app.getHttpAdapter().get('/run-jobs', async (request, response) => {
  process.env.API_URL = 'http://' + request.headers.host
  const logged = once(log, 'NightlyReport')
  for (const job of app.get(SchedulerRegistry).getCronJobs().values()) void job.fireOnTick()
  const [line] = await logged
  response.send(line)
})
await app.listen(3000)
`,
]

/** What docs/schedulers-and-queues.md promises of its report. */
export async function expectJob(port: number): Promise<void> {
  expect(await sendRequest(port, { path: '/items' })).toMatchObject(refused(401, 'token_missing'))
  const { text } = await sendRequest(port, { path: '/run-jobs' })
  expect(text).toBe('200 {"items":["pen"],"readBy":"nightly-report"}')
}
