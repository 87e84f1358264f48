import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '../support/run.js'

interface Manifest {
  name: string
  scripts?: Record<string, string>
}

function manifestIn(folder: string): Manifest {
  return JSON.parse(readFileSync(join(workspaceRoot, folder, 'package.json'), 'utf8'))
}

const packages = readdirSync(join(workspaceRoot, 'packages')).map((name) => `packages/${name}`)
const workspaces = new Map(['.', 'sample-app', ...packages].map((folder) => [folder, manifestIn(folder)]))

const scriptCall = /\bnpm (?:run (?:-\S+ )*([\w:.-]+)|(test|start)\b)([^&|;#\n]*)/g
const workspaceOption = /(?:-w|--workspace)[ =](\S+)/

/** The calls of npm scripts in some shell lines that no package.json of the workspace knows. */
export function unknownScriptCalls(shell: string): string[] {
  return [...shell.matchAll(scriptCall)].flatMap(([call, named, short, rest = '']) => {
    const target = workspaceOption.exec(rest)?.[1] ?? '.'
    const manifest = workspaces.get(target) ?? [...workspaces.values()].find(({ name }) => name === target)
    return manifest?.scripts?.[named ?? short ?? ''] ? [] : [call.trim()]
  })
}
