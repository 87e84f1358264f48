import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { Agent } from 'node:http'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { startProcess } from '../../support/app-process.js'
import { compileWithSwc } from '../../support/compile-with-swc.js'
import { type Answer, type Request, sendRequest } from '../../support/http.js'
import { workspaceRoot } from '../../support/run.js'
import { closeAtEnd } from './clients.js'

const sources = fileURLToPath(new URL('../app', import.meta.url))

/** One process of the app, on keep-alive connections. */
export class InstanceProcess {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1000 })

  constructor(
    private readonly port: number,
    readonly pid: number,
  ) {
    closeAtEnd(() => this.agent.destroy())
  }

  send(request: Request): Promise<Answer> {
    return sendRequest(this.port, { ...request, agent: this.agent })
  }

  get(path: string, token: string): Promise<Answer> {
    return this.send({ path, headers: [['Authorization', `Bearer ${token}`]] })
  }

  post(path: string, body: unknown, token = ''): Promise<Answer> {
    return this.send({ method: 'POST', path, body, headers: [['Authorization', `Bearer ${token}`]] })
  }
}

/** So many processes of one app on one Redis, ended after the file. */
export async function startInstances(
  count: number,
  env: Record<string, string>,
): Promise<readonly InstanceProcess[]> {
  // Inside the workspace, so that it finds the packages as an app finds them: built.
  const out = join(workspaceRoot, 'node_modules/.cache', `redis-app-${randomBytes(6).toString('hex')}`)
  closeAtEnd(() => rm(out, { recursive: true, force: true }))
  await compileWithSwc(sources, out)
  const settings = { JWT_SECRET: randomBytes(32).toString('base64'), ...env }
  const instances = []
  for (let started = 0; started < count; started++) {
    const { port, pid, stop } = await startProcess(join(out, 'main.js'), settings)
    closeAtEnd(stop)
    instances.push(new InstanceProcess(port, pid))
  }
  return instances
}
