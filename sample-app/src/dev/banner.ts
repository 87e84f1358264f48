import { join } from 'node:path'
import type { INestApplication } from '@nestjs/common'
import { demoUsers } from './demo-data.js'
import { ItemsRepository } from '../items/items.repository.js'
import { Settings } from '../settings.js'
import { UsersService } from '../users/users.service.js'

/** What is printed when the app listens: its address, and commands to try. */
export async function banner(app: INestApplication): Promise<string> {
  const settings = app.get(Settings)
  const url = await app.getUrl()
  const lines = [
    `The shop is open at ${url} (${settings.adapter})`,
    `database: ${describeDatabase(settings)}`,
    `sessions: ${describeSessions(settings)}`,
    ...(await tryIt(app, url)),
  ]
  return `\n${lines.map((line) => line && `  ${line}`).join('\n')}\n\n`
}

function describeDatabase({ databaseUrl, dataDir }: Settings): string {
  if (databaseUrl === undefined) return `embedded PostgreSQL in ${join(dataDir, 'database')}`
  const { host, pathname } = new URL(databaseUrl)
  return `PostgreSQL at ${host}${pathname}`
}

function describeSessions({ redisUrl }: Settings): string {
  return redisUrl === undefined ? 'in the database' : `Redis at ${new URL(redisUrl).host}`
}

/** Only commands that work: none if there are no demo users, and no item that was deleted before. */
async function tryIt(app: INestApplication, url: string): Promise<string[]> {
  const { admin, member } = demoUsers
  const { production, authMode } = app.get(Settings)
  if (production || !(await app.get(UsersService).authenticate(admin))) return []
  const users = `users:    ${admin.username} / ${admin.password} (an admin), ${member.username} / ${member.password}`
  if (authMode === 'cookie') return [users, 'Tokens are in cookies: open the address in a browser.']
  const [item] = await app.get(ItemsRepository).newest(1)
  const body = JSON.stringify({ username: admin.username, password: admin.password })
  const json = `-H 'content-type: application/json'`
  const bearer = `-H "authorization: Bearer $TOKEN"`
  return [
    users,
    '',
    `Sign in as the admin, list the items, delete one. Sign in as the member, and the deletion is refused.`,
    `Open the address in a browser, or paste this:`,
    '',
    `TOKEN=$(curl -s ${url}/auth/login ${json} -d '${body}' | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `curl -s -w '\\n' ${url}/items ${bearer}`,
    item
      ? `curl -s -w '\\n' -X DELETE ${url}/items/${item.id} ${bearer}`
      : `curl -s -w '\\n' ${url}/items ${bearer} ${json} -d '{"name":"Tea pot"}'`,
  ]
}
