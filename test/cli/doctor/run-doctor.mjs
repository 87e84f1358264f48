// Runs `nest-jwt-auth` again and again in one process, because loading Nest takes longer than a run.
import dns from 'node:dns'
import { runCommand } from '../../../packages/cli/build/run-command.js'

// Every name below `.example` is this machine.
const { lookup } = dns
dns.lookup = (name, options, callback) =>
  name.endsWith('.example') ? lookup('127.0.0.1', options, callback) : lookup(name, options, callback)

async function run({ args, cwd, env }) {
  const usual = { ...process.env }
  Object.assign(process.env, env)
  const [printed, warned] = [[], []]
  const terminal = {
    cwd,
    env: process.env,
    print: (line) => printed.push(line),
    warn: (line) => warned.push(line),
  }
  const code = await runCommand(args, terminal).catch((error) => String(error.stack))
  for (const name of Object.keys(process.env)) if (!(name in usual)) delete process.env[name]
  Object.assign(process.env, usual)
  process.send({ code, out: printed.join('\n'), err: warned.join('\n') })
}

process.on('message', (call) => void run(call))
process.once('disconnect', () => process.exit())
