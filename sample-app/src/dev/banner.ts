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
  const [item] = await app.get(ItemsRepository).newest(1)
  const body = JSON.stringify({ username: admin.username, password: admin.password })
  const json = `-H 'content-type: application/json'`
  const login = `${url}/auth/login ${json} -d '${body}'`
  const [signIn, caller] = authMode === 'cookie' ? withCookies(login, url) : withBearer(login)
  return [
    users,
    '',
    `Sign in as the admin, list the items, delete one. Sign in as the member, and the deletion is refused.`,
    `Open the address in a browser, or paste this:`,
    '',
    signIn,
    `curl -s -w '\\n' ${url}/items ${caller}`,
    item
      ? `curl -s -w '\\n' -X DELETE ${url}/items/${item.id} ${caller}`
      : `curl -s -w '\\n' ${url}/items ${caller} ${json} -d '{"name":"Tea pot"}'`,
  ]
}

/** How to sign in, and what each call adds then. */
type Caller = [signIn: string, options: string]

function withBearer(login: string): Caller {
  const signIn = `TOKEN=$(curl -s ${login} | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`
  return [signIn, `-H "authorization: Bearer $TOKEN"`]
}

/** With the origin that a browser sends: without one, no cookie may change anything. */
function withCookies(login: string, url: string): Caller {
  return [`JAR=$(mktemp) && curl -s -o /dev/null -c $JAR ${login}`, `-b $JAR -H 'origin: ${url}'`]
}
