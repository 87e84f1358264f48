// Runs `nest-jwt-auth` again and again in one process, because loading Nest takes longer than a run.
import dns from 'node:dns'
import { Readable } from 'node:stream'
import { runCommand } from '../../packages/cli/build/run-command.js'

// Every name below `.example` is this machine.
const { lookup } = dns
dns.lookup = (name, options, callback) =>
  name.endsWith('.example') ? lookup('127.0.0.1', options, callback) : lookup(name, options, callback)

async function run({ args, cwd, env = {}, input = '' }) {
  const usual = { ...process.env }
  Object.assign(process.env, env)
  const written = { stdout: '', stderr: '' }
  const terminal = {
    cwd,
    env: process.env,
    input: Readable.from([Buffer.from(input)]),
    print: (line) => void (written.stdout += `${line}\n`),
    warn: (line) => void (written.stderr += `${line}\n`),
  }
  const code = await runCommand(args, terminal).catch((error) => String(error.stack))
  for (const name of Object.keys(process.env)) if (!(name in usual)) delete process.env[name]
  Object.assign(process.env, usual)
  process.send({ code, ...written })
}

// One after the other, for they share the environment.
let former = Promise.resolve()
process.on('message', (call) => void (former = former.then(() => run(call))))
process.once('disconnect', () => process.exit())
