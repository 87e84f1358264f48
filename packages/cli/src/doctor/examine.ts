import { findApp } from '../app/find-app.js'
import type { NestCore } from '../app/load-app.js'
import { AppStartError, type OpenApp, secondsOf, withApp } from '../app/open-app.js'
import type { Terminal } from '../terminal.js'
import { checkAddress } from './check-address.js'
import { type Ask, askWithin } from './ask.js'
import { checkAnswers, type RunningApp } from './check-answers.js'
import { checkCookiePaths } from './check-cookie-paths.js'
import { checkCookies } from './check-cookies.js'
import { checkCsrf } from './check-csrf.js'
import { checkHandlers } from './check-handlers.js'
import { checkIssuers } from './check-issuers.js'
import { checkPackages } from './check-packages.js'
import { checkSecretFiles } from './check-secret-files.js'
import { checkStores, type Patience } from './check-stores.js'
import { errorText } from './error-text.js'
import type { ExaminedApp } from './examined-app.js'
import { packageFolderOf } from './package-tree.js'
import { Report } from './report.js'
import { reportStart } from './report-start.js'
import type { DoctorOptions } from './options.js'

/** What doctor is asked to look at. At least one of both. */
interface Subject {
  readonly options: DoctorOptions
  /** Where the app runs; `undefined`: nobody said. */
  readonly address: URL | undefined
  /** An access token for the guarded routes at the address. */
  readonly token: string | undefined
}

/** Makes all checks that can be made. Throws a `CommandError` for an app that is not there. */
export async function examine(subject: Subject, terminal: Terminal): Promise<Report> {
  const { options, address, token } = subject
  const report = new Report()
  const timeout = answerTimeout(options.timeout)
  const ask = askWithin(timeout)
  const reached = address && (await checkAddress(address, ask, report))
  if (options.app === undefined && address !== undefined) {
    report.skip(
      'the app itself (secrets, stores, handlers, cookies, packages)',
      'only its address is given: --app dist/app.module.js',
    )
    return report
  }
  const root = packageFolderOf(findApp(terminal.cwd, options.app).file)
  if (root === undefined) {
    report.skip(
      'the installed packages, and secrets in files',
      'the app is in no folder with a package.json that has a name',
    )
  } else {
    await attempt('the installed packages', report, () => checkPackages(root, report))
  }
  try {
    await withApp(options, options.start ? 'started' : 'built', terminal, async (opened) => {
      const examined = await examinedApp(opened, report)
      if (examined === undefined) return
      const isStarted = options.start === true
      await checkApp(examined, { root, address: reached ?? address, ask, timeout, isStarted }, report)
      if (reached !== undefined) await checkRunningApp(examined, { address: reached, ask, token }, report)
    })
  } catch (error) {
    if (!(error instanceof AppStartError)) throw error
    reportStart(error.cause ?? error, terminal, report)
    report.skip('secrets in files, stores, handlers and cookies', 'the app does not start')
  }
  if (address === undefined) report.skip('the running app', 'its address is not given: --url https://…')
  return report
}

/** Milliseconds: never longer than an app may take to start. */
function answerTimeout(seconds: string | undefined): number {
  return Math.min(secondsOf(seconds), LONGEST) * 1000
}

/** Seconds. */
const LONGEST = 10

/** `undefined`: the app does without this library. */
async function examinedApp(
  { app, core, load, isWholeApp }: OpenApp,
  report: Report,
): Promise<ExaminedApp | undefined> {
  const nest = await load<NestCore>('@nestjs/core')
  try {
    return { app, nest, settings: core.describeSettings(app), routes: core.routeAudit(app), isWholeApp }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    report.add('module_missing', {
      at: 'the root module',
      what: 'It does not import JwtAuthModule.',
      fix: { where: 'in its imports', write: 'JwtAuthModule.forRoot({ secret: process.env.JWT_SECRET }),' },
    })
    return undefined
  }
}

interface Surroundings extends Patience {
  readonly root: string | undefined
  readonly address: URL | undefined
  readonly ask: Ask
}

async function checkApp(examined: ExaminedApp, surroundings: Surroundings, report: Report): Promise<void> {
  const { settings } = examined
  const { root, address, ask } = surroundings
  if (root !== undefined) {
    await attempt('secrets in files', report, () => checkSecretFiles(root, settings.isSecret, report))
  }
  await attempt('the stores', report, () => checkStores(settings, surroundings, report))
  await attempt('the issuers', report, () => checkIssuers(settings, ask, report))
  await attempt('the handlers', report, () => checkHandlers(examined, report))
  await attempt('the cookies', report, () => checkCookies(settings, address, report))
}

async function checkRunningApp(examined: ExaminedApp, running: RunningApp, report: Report): Promise<void> {
  const { address, ask } = running
  await attempt('the paths of the cookies', report, () => checkCookiePaths(examined, address, report))
  await attempt('the CSRF check', report, () => checkCsrf(examined, address, ask, report))
  await attempt('the guarded routes', report, () => checkAnswers(examined, running, report))
}

/** A check that fails was not made, and does not keep the others from being made. */
async function attempt(what: string, report: Report, check: () => void | Promise<void>): Promise<void> {
  try {
    await check()
  } catch (error) {
    report.skip(what, `the check failed: ${errorText(error)}`)
  }
}
