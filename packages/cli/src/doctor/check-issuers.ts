import type { IssuerDescription, SettingsDescription } from '@nest-jwt-auth/core'
import type { Ask } from './ask.js'
import { clockOfAnswer, compareClock } from './compare-clock.js'
import { errorText } from './error-text.js'
import type { Report } from './report.js'

/** Asks each issuer once for its keys or metadata, and compares its clock. */
export async function checkIssuers(
  { issuers }: SettingsDescription,
  ask: Ask,
  report: Report,
): Promise<void> {
  await Promise.all(issuers.map((issuer) => checkIssuer(issuer, ask, report)))
}

async function checkIssuer({ issuer, url }: IssuerDescription, ask: Ask, report: Report): Promise<void> {
  if (url === undefined) {
    report.skip(`the clock of ${issuer}`, 'its keys are fixed, so nothing is fetched from it')
    return
  }
  const address = new URL(url)
  try {
    compareClock(issuer, clockOfAnswer(await ask(address)), report)
  } catch (error) {
    report.add('issuer_unreachable', {
      at: issuer,
      what: `${address.origin}, where its keys are fetched, does not answer: ${errorText(error)}.`,
      fix: { where: 'in a terminal on this machine, to see the same', write: `curl -v ${url}` },
    })
  }
}
