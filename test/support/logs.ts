import { inspect } from 'node:util'
import type { LoggerService } from '@nestjs/common'

export interface LogLine {
  level: string
  text: string
}

/** Keeps what the app logs, at every level, as the text that a verbose console would show. */
class CapturedLogs implements LoggerService {
  readonly lines: LogLine[] = []

  clear(): void {
    this.lines.length = 0
  }

  text(level?: string): string {
    return this.lines
      .filter((line) => level === undefined || line.level === level)
      .map((line) => line.text)
      .join('\n')
  }

  log = this.keep('log')
  fatal = this.keep('fatal')
  error = this.keep('error')
  warn = this.keep('warn')
  debug = this.keep('debug')
  verbose = this.keep('verbose')

  private keep(level: string) {
    return (...parts: unknown[]): void => {
      const text = parts
        .map((part) => (typeof part === 'string' ? part : inspect(part, { depth: 8 })))
        .join(' ')
      this.lines.push({ level, text })
    }
  }
}

/** Nest's logger is one for the process, so this is one for the spec file. */
export const logs = new CapturedLogs()
