import { existsSync, readFileSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Project } from 'ts-morph'
import { CommandError, type ExitCode } from '../command.js'
import type { Terminal } from '../terminal.js'
import { version } from '../version.js'
import { diffOf, refuseDirtyTree } from './git.js'
import { listRemaining } from './list-rest.js'
import { newProblems } from './new-problems.js'
import { openProject } from './open-project.js'
import { listOtherSources, namesPackage, otherSources } from './other-sources.js'
import { findPackageJson, rewritePackageJson } from './package-json.js'
import { LIST_TITLE, Rest } from './rest.js'
import { rewriteApp } from './rewrite-app.js'
import { type ChangedFile, SourceEdits } from './source-edits.js'
import { type Survey, surveyApp } from './survey.js'

export interface MigrateOptions {
  /** Prints what would change, and changes nothing. */
  readonly isDryRun: boolean
  /** Goes on where git could not undo it. */
  readonly isForced: boolean
  /** The path of a tsconfig.json, or of its folder. */
  readonly project: string
}

/** Rewrites an app with `@nestjs/jwt`, and lists what it leaves in `MIGRATION.md`. */
export async function migrateNestjsJwt(options: MigrateOptions, terminal: Terminal): Promise<ExitCode> {
  const { project, root } = openProject(terminal.cwd, options.project)
  const survey = surveyApp(project.getSourceFiles(), root)
  if (!survey.usesFormerCode) {
    if (survey.isMigrated) {
      terminal.print('Nothing is left of @nestjs/jwt and passport-jwt.')
      return 0
    }
    throw new CommandError(
      `No file of ${root} imports @nestjs/jwt, @nestjs/passport or passport-jwt. Name the tsconfig.json of the app: --project apps/api/tsconfig.app.json`,
    )
  }
  if (survey.isMigrated) return listRemains(survey, root, terminal)
  const rest = new Rest(root)
  const edits = new SourceEdits()
  rewriteApp({ survey, edits, rest, now: new Date(), compilerOptions: project.getCompilerOptions() })
  const changed = rest.isBlocked ? [] : finish(project, root, edits, rest)
  const list = rest.toMarkdown((path, position) => edits.lineOf(path, position))
  if (options.isDryRun) terminal.print((await diffOf(changed, root)).trimEnd())
  else await save(root, changed, rest.size === 0 ? undefined : list, options)
  terminal.print(list)
  terminal.warn(summary(changed, rest, options))
  return rest.isBlocked ? 1 : 0
}

/** What an app with the new module has left of the former code. Writes nothing, so that `MIGRATION.md` keeps its ticks. */
function listRemains(survey: Survey, root: string, terminal: Terminal): ExitCode {
  const rest = new Rest(root)
  listRemaining(survey, rest)
  terminal.print(rest.toMarkdown(() => undefined))
  terminal.warn('Nothing was rewritten: the app has JwtAuthModule already.')
  return 0
}

function finish(project: Project, root: string, edits: SourceEdits, rest: Rest): ChangedFile[] {
  const sources = edits.apply()
  const manifest = rewriteManifest(project, root, sources, rest)
  newProblems(project, root, sources, rest)
  return [...sources, ...manifest]
}

/** The `package.json` without the packages that no file of its folder uses any more. */
function rewriteManifest(
  project: Project,
  root: string,
  changed: readonly ChangedFile[],
  rest: Rest,
): ChangedFile[] {
  const path = findPackageJson(root)
  if (path === undefined) return []
  const files = project.getSourceFiles()
  const known = [...files.map((file) => file.getFilePath()), ...changed.map((file) => file.path)]
  const others = otherSources(dirname(path), new Set(known), project.getCompilerOptions().outDir)
  listOtherSources(others, root, rest)
  const texts = [...files.map((file) => file.getFullText()), ...others.map(({ text }) => text)]
  return rewritePackageJson(path, `^${version()}`, (name) => texts.some((text) => namesPackage(text, name)))
}

const LIST = 'MIGRATION.md'

async function save(
  root: string,
  changed: readonly ChangedFile[],
  list: string | undefined,
  { isForced }: MigrateOptions,
): Promise<void> {
  const listPath = join(root, LIST)
  const paths = changed.map(({ path }) => path)
  if (!isForced) await refuseDirtyTree(root, paths, isOwnList(listPath) ? LIST : undefined)
  for (const { path, after } of changed) {
    if (after === undefined) await rm(path)
    else await writeFile(path, after)
  }
  if (list !== undefined) await writeFile(listPath, list)
}

/** The list of an earlier run that was blocked. */
const isOwnList = (path: string) => existsSync(path) && readFileSync(path, 'utf8').startsWith(LIST_TITLE)

function summary(changed: readonly ChangedFile[], rest: Rest, { isDryRun }: MigrateOptions): string {
  if (rest.isBlocked)
    return `Nothing was rewritten: see what must be done before, above${isDryRun ? '' : ' and in MIGRATION.md'}.`
  return isDryRun
    ? `${changed.length} files would change. Nothing was written.`
    : `${changed.length} files changed. Run npm install, and go through MIGRATION.md.`
}
