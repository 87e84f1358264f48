import { randomBytes } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileWithSwc } from '../../support/compile-with-swc.js'
import { CutLine } from '../../support/cut-line.js'
import { workspaceRoot } from '../../support/run.js'
import type { AppSettings } from '../app/messages.js'
import { AppProcess } from './app-process.js'
import type { Server } from './servers.js'

const sources = fileURLToPath(new URL('../app', import.meta.url))

/** Four processes of one app, and the line from each to the server of the moment. */
export class Cluster {
  private lines: readonly CutLine[] = []

  private constructor(
    readonly processes: readonly AppProcess[],
    private readonly folder: string,
  ) {}

  static async start(): Promise<Cluster> {
    // Inside the workspace, so that it finds the packages as an app finds them: built.
    const folder = join(
      workspaceRoot,
      'node_modules/.cache',
      `linearizability-${randomBytes(6).toString('hex')}`,
    )
    await compileWithSwc(sources, folder)
    const processes = ['p1', 'p2', 'p3', 'p4'].map((name) => new AppProcess(name, join(folder, 'main.js')))
    await Promise.all(processes.map((process) => process.launch()))
    return new Cluster(processes, folder)
  }

  /** Gives all processes a new app, on this server. Starts those that were killed. */
  async use(server: Server, settings: AppSettings): Promise<void> {
    const gone = this.processes.filter(({ isRunning }) => !isRunning)
    await Promise.all(gone.map((process) => process.launch()))
    await Promise.all(this.lines.map((line) => line.cut()))
    this.lines = this.processes.map(() => new CutLine({ host: '127.0.0.1', port: server.port }))
    await Promise.all(this.lines.map((line) => line.join()))
    await Promise.all(
      this.processes.map((process, at) => process.start(settings, server.urlAt(this.lineOf(at).port))),
    )
  }

  lineOf(at: number): CutLine {
    const line = this.lines[at]
    if (line === undefined) throw new RangeError(`There is no process ${at}.`)
    return line
  }

  async stop(): Promise<void> {
    await Promise.all(this.processes.map((process) => process.kill()))
    await Promise.all(this.lines.map((line) => line.cut()))
    await rm(this.folder, { recursive: true, force: true })
  }
}
