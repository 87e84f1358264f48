import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type AppProcess, startProcess } from '../../support/app-process.js'
import { compileWithSwc } from '../../support/compile-with-swc.js'
import { sendRequest } from '../../support/http.js'
import { workspaceRoot } from '../../support/run.js'

const sources = fileURLToPath(new URL('app', import.meta.url))

/** The app of this folder, compiled once; each start is a process of its own. */
export class CompiledApp {
  private readonly running = new Set<AppProcess>()

  private constructor(private readonly folder: string) {}

  static async build(): Promise<CompiledApp> {
    const folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-races-'))
    await writeFile(join(folder, 'package.json'), '{ "type": "module" }')
    await symlink(join(workspaceRoot, 'node_modules'), join(folder, 'node_modules'), 'junction')
    await compileWithSwc(sources, join(folder, 'dist'))
    return new CompiledApp(folder)
  }

  async start(env: Record<string, string>): Promise<AppProcess> {
    const app = await startProcess(join(this.folder, 'dist/main.js'), {
      JWT_SECRET: 'g3Vq8wRz1LkXo5NbT7yUc2EeHs9PdAmJ',
      ...env,
    })
    this.running.add(app)
    return app
  }

  async remove(): Promise<void> {
    await Promise.all([...this.running].map((app) => app.kill()))
    await rm(this.folder, { recursive: true, force: true })
  }
}

/** For tests where it does not matter how busy the machine is. */
export const patient = { DATABASE_PATIENCE: '60000', SESSIONS_TIMEOUT: '1m' }

export interface Tokens {
  access_token: string
  refresh_token: string
}

/** Again where the store was too slow: an app that has just been started opens its connections now. */
export async function logIn(port: number, subject: string): Promise<Tokens> {
  for (;;) {
    const { status, text } = await sendRequest(port, { method: 'POST', path: '/login', body: { subject } })
    if (status === 200) return JSON.parse(text) as Tokens
    if (status !== 503) throw new Error(`The login was answered ${status} ${text}`)
  }
}
