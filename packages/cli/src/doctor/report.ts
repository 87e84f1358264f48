import { type FindingCode, FINDINGS, type Severity } from './findings.js'

/** The lines that mend what was found. */
export interface Fix {
  /** Where they belong, such as `in package.json`, or `in a terminal`. */
  readonly where: string
  /** The lines themselves, ready to be copied. */
  readonly write: string
}

/** What a check found, in one place of the app. */
export interface Found {
  /** A route, a file, an address or an option. */
  readonly at: string
  /** What is wrong, in one sentence. Never holds a secret. */
  readonly what: string
  readonly fix: Fix
}

export interface Finding extends Found {
  readonly code: FindingCode
  readonly severity: Severity
  readonly why: string
}

/** A check that could not be made. */
export interface NotChecked {
  readonly what: string
  readonly because: string
}

const RANK: Readonly<Record<Severity, number>> = { problem: 0, warning: 1, note: 2 }

/** Collects what the checks find. */
export class Report {
  private readonly found: Finding[] = []
  private readonly skipped: NotChecked[] = []

  add(code: FindingCode, found: Found): void {
    this.found.push({ code, ...FINDINGS[code], ...found })
  }

  skip(what: string, because: string): void {
    this.skipped.push({ what, because })
  }

  /** Problems first, then in the order of the checks. */
  get findings(): readonly Finding[] {
    return this.found.toSorted((a, b) => RANK[a.severity] - RANK[b.severity])
  }

  get notChecked(): readonly NotChecked[] {
    return this.skipped
  }

  count(severity: Severity): number {
    return this.found.filter((finding) => finding.severity === severity).length
  }
}
