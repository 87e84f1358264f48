import type { ConfigProblem } from '@nest-jwt-auth/core'
import { errorStack } from '../app/error-stack.js'
import type { Terminal } from '../terminal.js'
import { errorText } from './error-text.js'
import type { Report } from './report.js'

/** Reports why an app does not start: each problem of its configuration, or the error that it throws. */
export function reportStart(cause: unknown, terminal: Terminal, report: Report): void {
  const problems = problemsOf(cause)
  if (problems === undefined) {
    terminal.warn(errorStack(cause))
    report.add('app_does_not_start', {
      at: 'the app',
      what: `It does not start: ${errorText(cause)}.`,
      fix: { where: 'in a terminal, to see the same', write: 'node dist/main.js' },
    })
    return
  }
  for (const { path, problem, fix } of problems) {
    const isWeak = /^The secret (is|consists)/.test(problem)
    report.add(isWeak ? 'secret_weak' : 'config_invalid', {
      at: path,
      what: sentence(problem),
      fix: isWeak
        ? { where: 'in a terminal, and give the app what it prints', write: 'npx @nest-jwt-auth/cli secret' }
        : { where: 'in the options of JwtAuthModule, as this says', write: sentence(fix) },
    })
  }
}

/** By its code: the error is of the app's own copy of the library. */
function problemsOf(error: unknown): readonly ConfigProblem[] | undefined {
  if (!(error instanceof Error) || Reflect.get(error, 'code') !== 'config_invalid') return undefined
  return Reflect.get(error, 'problems') as readonly ConfigProblem[]
}

const sentence = (text: string): string => (/[.?!]$/.test(text) ? text : `${text}.`)
