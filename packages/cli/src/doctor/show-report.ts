import { printableJson, printableLines } from '../printable.js'
import type { Finding, Report } from './report.js'

/** How many places of one finding are listed in the text; JSON has them all. */
const LISTED = 10

/** The report as text: findings of the same code, with the same fix, as one. */
export function showReport(report: Report): string {
  const lines = [
    ...groupsOf(report.findings).map(showGroup),
    ...report.notChecked.map(({ what, because }) => `not checked: ${what}\n    ${because}`),
    ...(report.notChecked.length === 0 ? [] : ['']),
    summary(report),
  ]
  // It quotes what a server answered.
  return printableLines(lines.join('\n'))
}

function groupsOf(findings: readonly Finding[]): readonly (readonly Finding[])[] {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const key = JSON.stringify([finding.code, finding.what, finding.fix])
    groups.set(key, [...(groups.get(key) ?? []), finding])
  }
  return [...groups.values()]
}

/** For scripts. Members may be added. */
export function reportAsJson(report: Report): string {
  const { findings, notChecked } = report
  return printableJson({ findings, notChecked }, 2)
}

function showGroup(findings: readonly Finding[]): string {
  const [first] = findings
  if (first === undefined) return ''
  const { severity, code, what, why, fix } = first
  const places = [...new Set(findings.map(({ at }) => at))]
  const more = places.length > LISTED ? [`    and ${places.length - LISTED} more (--json lists all)`] : []
  const written = fix.write.split('\n').map((line) => `      ${line}`)
  return [
    `${severity}: ${code}`,
    ...places.slice(0, LISTED).map((place) => `    ${place}`),
    ...more,
    `  ${what}`,
    `  ${why}`,
    `  Write ${fix.where}:`,
    ...written,
    '',
  ].join('\n')
}

function summary(report: Report): string {
  const counts = [
    counted(report.count('problem'), 'problem'),
    counted(report.count('warning'), 'warning'),
    counted(report.count('note'), 'note'),
  ]
  const left = report.notChecked.length
  return `${counts.join(', ')}; ${left === 0 ? 'everything was checked' : `${counted(left, 'check')} not made`}`
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
