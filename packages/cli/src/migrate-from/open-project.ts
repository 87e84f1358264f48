import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Project, ts } from 'ts-morph'
import { CommandError } from '../command.js'

/** The sources of an app, and of all apps of a Nest monorepo. `config`: the path of a tsconfig.json, or of its folder. */
export function openProject(cwd: string, config: string): { project: Project; root: string } {
  const given = resolve(cwd, config)
  const path = given.endsWith('.json') ? given : join(given, 'tsconfig.json')
  if (!existsSync(path)) {
    throw new CommandError(
      `There is no ${path}. Run this in the folder of the app, or name its tsconfig.json: --project apps/api/tsconfig.app.json`,
    )
  }
  const { error } = ts.readConfigFile(path, (name) => readFileSync(name, 'utf8'))
  if (error !== undefined) {
    throw new CommandError(
      `${path} cannot be read: ${ts.flattenDiagnosticMessageText(error.messageText, ' ')} Correct it first.`,
    )
  }
  const root = dirname(path)
  const project = new Project({ tsConfigFilePath: path })
  for (const other of tsConfigsOf(root)) {
    if (other !== path && existsSync(other)) project.addSourceFilesFromTsConfig(other)
  }
  project.resolveSourceFileDependencies()
  refuseSyntaxErrors(project)
  return { project, root }
}

/** Those of the projects in nest-cli.json. */
function tsConfigsOf(root: string): string[] {
  const path = join(root, 'nest-cli.json')
  if (!existsSync(path)) return []
  const { config } = ts.readConfigFile(path, (name) => readFileSync(name, 'utf8')) as { config?: NestCli }
  const projects = Object.values(config?.projects ?? {})
  return projects.flatMap(({ compilerOptions }) =>
    compilerOptions?.tsConfigPath === undefined ? [] : [join(root, compilerOptions.tsConfigPath)],
  )
}

interface NestCli {
  readonly projects?: Readonly<Record<string, { compilerOptions?: { tsConfigPath?: string } }>>
}

function refuseSyntaxErrors(project: Project): void {
  const program = project.getProgram()
  const errors = project
    .getSourceFiles()
    .flatMap((file) => program.getSyntacticDiagnostics(file))
    .map(
      (one) =>
        `${one.getSourceFile()?.getFilePath()}:${one.getLineNumber()}: ${asText(one.getMessageText())}`,
    )
  if (errors.length === 0) return
  throw new CommandError(
    ['These files cannot be read. Correct them first; nothing was changed.', ...errors].join('\n'),
  )
}

const asText = (message: string | { getMessageText(): string }) =>
  typeof message === 'string' ? message : message.getMessageText()
