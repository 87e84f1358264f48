import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

export const workspaceRoot = fileURLToPath(new URL('../../', import.meta.url))

// A child process must not see the variables of the npm and jest runs that started it.
const inherited = /^(npm_(config_local_prefix|lifecycle|package)|jest_worker_id|node_env$)/i
export const childEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !inherited.test(name)),
)

/** Runs a program and resolves to its stdout; where it fails, the error holds all its output. */
export function run(
  program: string,
  args: readonly string[],
  cwd = workspaceRoot,
  env: Record<string, string> = {},
): Promise<string> {
  const options = {
    cwd,
    env: { ...childEnvironment, ...env },
    maxBuffer: 2 ** 26,
    shell: process.platform === 'win32',
  }
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error) reject(new Error(`${program} ${args.join(' ')} failed in ${cwd}\n${stdout}${stderr}`))
      else resolve(stdout)
    })
  })
}

/** Runs a command of the packages that `cwd` has, without the second that npx takes to find it. */
export function runCommand(command: string, args: readonly string[], cwd = workspaceRoot): Promise<string> {
  return run(join(cwd, 'node_modules/.bin', command), args, cwd)
}
