import { APP_OPTIONS } from '../app/app-options.js'
import { withApp } from '../app/open-app.js'
import { type Options, readArguments } from '../arguments/read-arguments.js'
import { usageOf } from '../arguments/usage.js'
import type { Command } from '../command.js'
import { describeTime } from '../describe-time.js'
import { printable, printableJson } from '../printable.js'
import type { Terminal } from '../terminal.js'
import { type DecodedToken, decodeToken } from './decode-token.js'
import { type DescribedKind, describeKind } from './describe-kind.js'
import { DATES, findOddities } from './find-oddities.js'
import { readToken } from './read-token.js'
import { askApp, describeVerdict, type Verdict } from './verdict.js'

const OPTIONS = {
  ...APP_OPTIONS,
  app: {
    ...APP_OPTIONS.app,
    help: 'Asks this built app whether it accepts the token, and why not: dist/app.module.js.',
  },
  json: { type: 'boolean', help: 'Prints { kind, header, claims, odd, verified, verdict } as JSON.' },
} as const satisfies Options

export const inspectToken: Command = {
  name: 'token inspect',
  summary:
    'Explains a token in words: header, claims, dates, what is odd; with --app, why the app would refuse it.',
  usage: usageOf('token inspect [<token>] [options]', OPTIONS, [
    'Without <token> it is read from the standard input. The signature is never printed. Exit code 1 where the app refuses it.',
  ]),
  async run(args, terminal) {
    const { options, positionals } = readArguments(args, OPTIONS, 1)
    const token = await readToken(positionals[0], terminal)
    const decoded = decodeToken(token)
    const described = describeKind(decoded.header['typ'])
    const verdict =
      options.app === undefined
        ? undefined
        : await withApp(options, 'started', terminal, (open) =>
            askApp(open, token, described.kind === 'refresh' ? 'refresh' : 'access'),
          )
    const inspected = { decoded, described, odd: findOddities(decoded, Date.now()), verdict }
    if (options.json) terminal.print(asJson(inspected))
    else printInWords(inspected, terminal)
    return verdict === undefined || verdict.accepted ? 0 : 1
  },
}

interface Inspected {
  readonly decoded: DecodedToken
  readonly described: DescribedKind
  readonly odd: readonly string[]
  readonly verdict: Verdict | undefined
}

function asJson({ decoded, described, odd, verdict }: Inspected): string {
  const { header, claims } = decoded
  const verified = verdict?.accepted === true
  const { claims: _claims, ...answer } = { claims: undefined, ...verdict }
  const members = { kind: described.kind, header, claims, odd, verified, verdict: verdict && answer }
  return printableJson(members)
}

function printInWords({ decoded, described, odd, verdict }: Inspected, terminal: Terminal): void {
  const state = verdict?.accepted === true ? 'verified' : 'not verified'
  terminal.print(`This is ${described.text}.`)
  terminal.print('')
  printMembers(`Header (${state})`, decoded.header, terminal)
  printMembers(`Claims (${state})`, decoded.claims, terminal)
  if (odd.length > 0) {
    terminal.print('What is odd')
    for (const sentence of odd) terminal.print(`  - ${sentence}`)
    terminal.print('')
  }
  if (verdict === undefined) {
    terminal.print(
      'Nothing of this was verified: anybody can write a token. Ask your app with --app, or use `token verify`.',
    )
    return
  }
  terminal.print(describeVerdict(verdict, 'The app'))
  if (!verdict.accepted && verdict.errorCode === 'token_wrong_type' && described.kind === 'one-time') {
    terminal.print(
      'Its signature is good, but it gives no access. Whether it was used already shows only when it is used.',
    )
  }
}

function printMembers(title: string, members: Readonly<Record<string, unknown>>, terminal: Terminal): void {
  terminal.print(title)
  const names = Object.keys(members)
  const width = Math.max(0, ...names.map((name) => printable(name).length))
  for (const name of names)
    terminal.print(`  ${printable(name).padEnd(width)}  ${describeMember(name, members[name])}`)
  terminal.print('')
}

function describeMember(name: string, value: unknown): string {
  const isDate = typeof value === 'number' && (DATES as readonly string[]).includes(name)
  return isDate ? `${value}  ${describeTime(value * 1000, Date.now())}` : printableJson(value)
}
