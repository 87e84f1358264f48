import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

/** Suites leave memory behind, above all ES modules, so a process is replaced after this many of them. */
const SUITES_PER_PROCESS = 40

/** How long a suite may take to load, in ms. */
const PATIENCE = 600_000
/** How much longer than its limit a test may take until its process says so: it may have been busy. */
const LATER = 10_000

/** A process that runs suites (worker.mjs). It is replaced when it hangs or ends, as some mutants make it do. */
export class WorkerProcess {
  #child
  #ran = 0

  constructor(root, sandbox) {
    this.root = root
    this.sandbox = sandbox
  }

  /** Loads the suite once and tries those of the mutants that it reaches. What it finds out is told to `listen`. */
  async tryInPlace(suite, mutants, listen) {
    let waiting = mutants
    while (waiting.length > 0) {
      let left = []
      let begun
      const end = await this.#run({ suite, mutants: waiting }, (message) => {
        if (message.left !== undefined) left = message.left
        if (message.ended !== undefined) begun = undefined
        begun = message.begun ?? begun
        listen(message)
      })
      if (end.done === undefined && begun === undefined) throw new Error(`${suite} ends its process.`)
      if (end.done === undefined) {
        listen({ ended: begun, isKilled: true, byTime: end.isLate })
        left = waiting.slice(waiting.indexOf(begun) + 1)
      }
      waiting = left
    }
  }

  /** Loads the suite with this mutant on, and tells whether it is red then. */
  async tryAlone(suite, alone) {
    const { done, success } = await this.#run({ suite, alone }, () => {})
    return done === undefined || !success
  }

  tell(message) {
    this.#child?.send(message)
  }

  stop() {
    this.#child?.kill('SIGKILL')
    this.#child = undefined
    this.#ran = 0
  }

  /** The last message; `{}` if the process ended before, `{ isLate: true }` if it said nothing for too long. */
  async #run(order, listen) {
    if (this.#ran++ >= SUITES_PER_PROCESS) this.stop()
    this.#child ??= await this.#start()
    const child = this.#child
    let timer
    const end = await new Promise((resolve) => {
      const wait = (limit) => {
        clearTimeout(timer)
        timer = setTimeout(resolve, limit + LATER, { isLate: true })
      }
      child.on('message', (message) => {
        wait(message.limit ?? PATIENCE)
        if (message.done === undefined) listen(message)
        else resolve(message)
      })
      child.once('exit', () => resolve({}))
      wait(PATIENCE)
      child.send(order)
    })
    clearTimeout(timer)
    child.removeAllListeners()
    if (end.done === undefined) this.stop()
    return end
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
