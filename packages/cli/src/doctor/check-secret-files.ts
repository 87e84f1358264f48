import { lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { publishedFiles } from './published-files.js'
import type { Report } from './report.js'

/** Files of more bytes hold no settings. */
const MAX_BYTES = 262_144
/** Of each line, so many characters are searched. */
const MAX_LINE = 4096
/** So that a huge repository takes seconds. */
const MOST = 50_000

/** Looks for the app's secrets in files that are committed, or that are made to be copied. Reads, and shows no value. */
export async function checkSecretFiles(
  root: string,
  isSecret: (text: string) => boolean,
  report: Report,
): Promise<void> {
  const { folder, files, unknown } = await publishedFiles(root)
  if (unknown !== undefined) report.skip('secrets in committed files', unknown)
  const asked = new Map<string, boolean>()
  for (const [at, file] of files.entries()) {
    if (asked.size > MOST) {
      report.skip(
        `secrets in ${files.length - at} of ${files.length} committed files`,
        `the others have ${MOST} long strings already`,
      )
      return
    }
    const lines = new Set<number>()
    for (const { candidate, line } of candidatesIn(await readText(join(folder, file)))) {
      const known = asked.get(candidate) ?? isSecret(candidate)
      asked.set(candidate, known)
      if (known) lines.add(line)
    }
    for (const line of lines) reportSecret(file, line, report)
  }
}

/** A key or a secret of enough bytes. Nothing shorter is accepted by an app. */
const MIN_LENGTH = 32
const MAX_LENGTH = 1024

interface Candidate {
  readonly candidate: string
  readonly line: number
}

/** What may be a secret: private keys, strings in quotes, what stands behind `=` or `:`, and what looks random. */
function candidatesIn(text: string): readonly Candidate[] {
  const lineAt = (index: number): number => text.slice(0, index).split('\n').length
  const found = [...text.matchAll(PRIVATE_KEY)].map(({ 0: key, index }) => ({
    candidate: key,
    line: lineAt(index),
  }))
  for (const [at, whole] of text.split('\n').entries()) {
    const line = whole.slice(0, MAX_LINE)
    const values = [...line.matchAll(QUOTED)].map(({ 2: value = '' }) => value)
    const [, behind = '', uncommented = ''] = /[=:]\s*((\S.*?)(?:\s+#.*)?)\s*$/.exec(line) ?? []
    const encoded = line.match(ENCODED) ?? []
    for (const candidate of new Set([...values, behind, uncommented, ...encoded])) {
      if (candidate.length >= MIN_LENGTH && candidate.length <= MAX_LENGTH)
        found.push({ candidate, line: at + 1 })
    }
  }
  return found
}

/** PEM, also with `\n` for its line ends, and a JWK with its private member. */
const PRIVATE_KEY =
  /-----BEGIN [A-Z ]*PRIVATE KEY-----[^]{1,8192}?-----END [A-Z ]*PRIVATE KEY-----|\{[^{}]{1,4096}"d"\s*:[^{}]{1,4096}\}/g
/** Hexadecimal, base64 and base64url, wherever they are: `ENV JWT_SECRET …` has neither quotes nor `=`. */
const ENCODED = /[\w+/-]{32,}={0,2}/g
const QUOTED = /(["'`])((?:(?!\1).)+)\1/g

function reportSecret(file: string, line: number, report: Report): void {
  report.add('secret_in_file', {
    at: `${file}:${line}`,
    what: 'A secret of the app stands in this file.',
    fix: {
      where: 'in a terminal. Give the new one to the app by its environment, and write none into the file',
      write: 'npx @nest-jwt-auth/cli secret',
    },
  })
}

/** Empty where it cannot be read, is too long, is no text, or is a link or a device, which may never end. */
async function readText(file: string): Promise<string> {
  const stats = await lstat(file).catch(() => undefined)
  if (!stats?.isFile() || stats.size > MAX_BYTES) return ''
  const bytes = await readFile(file).catch(() => Buffer.alloc(0))
  return bytes.includes(0) ? '' : bytes.toString('utf8')
}
