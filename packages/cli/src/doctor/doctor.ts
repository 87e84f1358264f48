import { readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import { type Command, CommandError } from '../command.js'
import type { Terminal } from '../terminal.js'
import { DOCTOR_OPTIONS } from './options.js'

export const doctor: Command = {
  name: 'doctor',
  summary: 'Examines an app, built or running, and prints each fault with the line that mends it.',
  usage: usageOf('doctor [options]', DOCTOR_OPTIONS, [
    'Without --app and --url it examines the app that is built in this folder. The exit code is 1 where it found a problem.',
  ]),
  run: async (args, terminal) => {
    const { options } = readArguments(args, DOCTOR_OPTIONS)
    const address = options.url === undefined ? undefined : addressOf(options.url)
    const token = tokenOf(options['token-env'], terminal)
    const [{ examine }, { reportAsJson, showReport }] = await Promise.all([
      import('./examine.js'),
      import('./show-report.js'),
    ])
    const report = await examine({ options, address, token }, terminal)
    terminal.print(options.json ? reportAsJson(report) : showReport(report))
    return report.count('problem') > 0 ? 1 : 0
  },
}

function addressOf(url: string): URL {
  const address = URL.canParse(url) ? new URL(url) : undefined
  if (address === undefined || !/^https?:$/.test(address.protocol)) {
    throw new CommandError(
      '--url must be an address with http or https, such as --url https://api.example.com.',
    )
  }
  if (address.username !== '' || address.password !== '') {
    throw new CommandError('--url must not hold a user name or a password.')
  }
  return address
}

function tokenOf(name: string | undefined, { env }: Terminal): string | undefined {
  if (name === undefined) return undefined
  const token = env[name]?.trim()
  if (token !== undefined && /^[\w.~+/-]+=*$/.test(token)) return token
  throw new CommandError(
    'The environment variable that --token-env names holds no token. Give the name of a variable, not the token itself.',
  )
}
