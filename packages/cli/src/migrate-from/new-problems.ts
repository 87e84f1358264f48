import { relative } from 'node:path'
import type { Project } from 'ts-morph'
import type { Rest } from './rest.js'
import type { ChangedFile } from './source-edits.js'
import { CORE } from './survey.js'

/** Compiles the app as it is now, and lists what the compiler did not say before. */
export function newProblems(
  project: Project,
  root: string,
  changed: readonly ChangedFile[],
  rest: Rest,
): void {
  const imported = project
    .getSourceFiles()
    .flatMap((file) => file.getImportDeclarations())
    .find((one) => one.getModuleSpecifierValue() === CORE)
  if (imported === undefined) return
  if (imported.getModuleSpecifierSourceFile() === undefined) {
    const write = 'Run `npm install`, then `npx tsc --noEmit`, and correct what the compiler says.'
    rest.add(
      'todo',
      'package.json',
      'The new code was not compiled, since @nest-jwt-auth/core is not installed yet.',
      write,
    )
    return
  }
  const now = problemsOf(project, root)
  if (now.length === 0) return
  for (const { path, before } of changed) project.createSourceFile(path, before, { overwrite: true })
  const known = new Set(problemsOf(project, root).map(({ key }) => key))
  for (const { key, place, message } of now) {
    if (!known.has(key)) rest.add('todo', place, `The compiler says: ${message}`, 'Correct it.')
  }
}

function problemsOf(project: Project, root: string): { key: string; place: string; message: string }[] {
  return project.getPreEmitDiagnostics().map((one) => {
    const path = one.getSourceFile()?.getFilePath() ?? ''
    const text = one.getMessageText()
    const message = typeof text === 'string' ? text : text.getMessageText()
    return { key: `${path} ${message}`, place: `${relative(root, path)}:${one.getLineNumber()}`, message }
  })
}
