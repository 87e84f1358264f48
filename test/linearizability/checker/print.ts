import type { Answer, Call, Request } from './history.js'
import type { Contradiction } from './check-history.js'

/** A contradiction as a table: when, where, who, and what was asked and answered. */
export function printContradiction({ part, calls }: Contradiction): string {
  const first = Math.min(...calls.map(({ start }) => start))
  const rows = calls
    .toSorted((a, b) => a.start - b.start)
    .map(({ start, end, process, client, request, answer }: Call) => [
      `${time(start - first)} – ${time(end - first)}`,
      process,
      client,
      printRequest(request),
      printAnswer(answer),
    ])
  const widths = (rows[0] ?? []).map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)))
  const lines = rows.map((row) =>
    `  ${row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ')}`.trimEnd(),
  )
  return [`No order of these calls explains their answers (${part}; ms):`, ...lines].join('\n')
}

function time(milliseconds: number): string {
  return milliseconds.toFixed(1).padStart(7)
}

function printRequest(request: Request): string {
  const { kind } = request
  const about = [
    'session' in request ? request.session : undefined,
    'token' in request ? request.token : undefined,
    kind === 'revokeAll' && request.except !== undefined ? `except ${request.except}` : undefined,
  ]
  return [kind, ...about.filter((name) => name !== undefined)].join(' ')
}

function printAnswer(answer: Answer): string {
  switch (answer.kind) {
    case 'tokens':
      return ['→', answer.refresh, answer.access].filter((name) => name !== undefined).join(' ')
    case 'done':
      return '→ ok'
    case 'ended':
      return `→ ended ${answer.count}`
    case 'listed':
      return `→ ${answer.sessions.join(' ') || 'none'}`
    case 'refused':
      return `→ ${answer.code}`
    case 'unknown':
      return '→ unknown'
  }
}
