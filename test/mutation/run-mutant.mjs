import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Suites leave memory behind, above all ES modules, so a process is replaced after this many of them. */
const SUITES_PER_PROCESS = 60

/** A process that runs suites. It is replaced when it hangs: a mutant can be an endless loop. */
export class Worker {
  #child
  #ran = 0

  constructor(root, sandbox) {
    this.root = root
    this.sandbox = sandbox
  }

  /** `killed`, `timeout` or `survived`. `suites` have reached the mutant before. */
  async try({ id }, suites) {
    if (suites.length === 0) return 'survived'
    const usual = suites.reduce((sum, { ms }) => sum + ms, 0)
    const ran = await this.run({ mutant: id, suites: suites.map(({ suite }) => suite) }, 60_000 + 10 * usual)
    if (ran === undefined) return 'timeout'
    return ran.some(({ green }) => !green) ? 'killed' : 'survived'
  }

  /** The results of the suites that ran, or `undefined` if they did not end in time. */
  async run(order, limit) {
    if (this.#ran > SUITES_PER_PROCESS) this.stop()
    this.#child ??= await this.#start()
    const child = this.#child
    child.send(order)
    const ran = await new Promise((resolve) => {
      const timer = limit === undefined ? undefined : setTimeout(resolve, limit)
      const done = (results) => {
        clearTimeout(timer)
        child.removeAllListeners()
        resolve(results)
      }
      child.once('message', done)
      // A mutant that ends the process is noticed as well.
      child.once('exit', () => done([{ green: false, failures: ['the process ended'], ms: 0, reached: [] }]))
    })
    this.#ran += ran?.length ?? 0
    if (ran === undefined || child.exitCode !== null) this.stop()
    return ran
  }

  stop() {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
    this.#ran = 0
  }

  #start() {
    const child = fork(fileURLToPath(new URL('worker.mjs', import.meta.url)), {
      cwd: this.root,
      env: { ...process.env, MUTATION_FOLDER: this.sandbox, NODE_ENV: 'test' },
      execArgv: ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'],
      stdio: ['ignore', 'ignore', process.env.MUTATE_DEBUG ? 'inherit' : 'ignore', 'ipc'],
    })
    return new Promise((resolve, reject) => {
      child.once('message', () => resolve(child))
      child.once('exit', (code) => reject(new Error(`a worker ended with ${code} before it began`)))
    }).finally(() => child.removeAllListeners())
  }
}
