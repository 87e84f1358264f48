import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Project } from 'ts-morph'
import { CommandError, type ExitCode } from '../command.js'
import type { Terminal } from '../terminal.js'
import { version } from '../version.js'
import { diffOf, refuseDirtyTree } from './git.js'
import { newProblems } from './new-problems.js'
import { openProject } from './open-project.js'
import { findPackageJson, rewritePackageJson } from './package-json.js'
import { Rest } from './rest.js'
import { rewriteApp } from './rewrite-app.js'
import { type ChangedFile, SourceEdits } from './source-edits.js'
import { surveyApp } from './survey.js'

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
  if (!options.isDryRun && !options.isForced) await refuseDirtyTree(root)
  const rest = new Rest(root)
  const edits = new SourceEdits()
  rewriteApp({ survey, edits, rest, now: new Date(), compilerOptions: project.getCompilerOptions() })
  const changed = rest.isBlocked || survey.isMigrated ? [] : finish(project, root, edits, rest)
  const list = rest.toMarkdown((path, position) => edits.lineOf(path, position))
  if (options.isDryRun) terminal.print((await diffOf(changed, root)).trimEnd())
  else await save(changed, rest.size === 0 ? undefined : join(root, 'MIGRATION.md'), list)
  terminal.print(list)
  terminal.warn(summary(changed, rest, options))
  return rest.isBlocked ? 1 : 0
}

function finish(project: Project, root: string, edits: SourceEdits, rest: Rest): ChangedFile[] {
  const sources = edits.apply()
  const path = findPackageJson(root)
  const modules = new Set(
    project
      .getSourceFiles()
      .flatMap((file) => file.getImportDeclarations().map((one) => one.getModuleSpecifierValue())),
  )
  newProblems(project, root, sources, rest)
  return path === undefined
    ? sources
    : [...sources, ...rewritePackageJson(path, `^${version()}`, (name) => modules.has(name))]
}

async function save(
  changed: readonly ChangedFile[],
  listPath: string | undefined,
  list: string,
): Promise<void> {
  for (const { path, after } of changed) {
    if (after === undefined) await rm(path)
    else await writeFile(path, after)
  }
  if (listPath !== undefined) await writeFile(listPath, list)
}

function summary(changed: readonly ChangedFile[], rest: Rest, { isDryRun }: MigrateOptions): string {
  if (rest.isBlocked) return 'Nothing was rewritten: see what must be done before, above and in MIGRATION.md.'
  if (changed.length === 0) return 'Nothing was rewritten: the app has JwtAuthModule already.'
  return isDryRun
    ? `${changed.length} files would change. Nothing was written.`
    : `${changed.length} files changed. Run npm install, and go through MIGRATION.md.`
}
