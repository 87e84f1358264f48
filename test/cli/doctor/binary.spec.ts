import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from '@jest/globals'
import { FINDINGS } from '../../../packages/cli/src/doctor/findings.js'
import { codeBlocks } from '../../docs/code-blocks.js'
import { SECRET } from '../../support/forge.js'
import { childEnvironment, run as runProgram, workspaceRoot } from '../../support/run.js'
import { appSource, useDoctor } from './fixture.js'

const { makeApp } = useDoctor()
const binary = join(workspaceRoot, 'packages/cli/dist/index.js')
const page = join(workspaceRoot, 'docs/doctor.md')

function doctor(cwd: string, args: readonly string[]): Promise<{ code: unknown; out: string; err: string }> {
  const env = { ...childEnvironment, JWT_SECRET: SECRET }
  return new Promise((resolve) => {
    execFile(process.execPath, [binary, 'doctor', ...args], { cwd, env }, (error, out, err) =>
      resolve({ code: error?.code ?? 0, out, err }),
    )
  })
}

async function expectInPage(pattern: RegExp, wanted: string): Promise<void> {
  const text = await readFile(page, 'utf8')
  const updated = text.replace(pattern, (_all, before: string, after: string) => `${before}${wanted}${after}`)
  if (process.env['UPDATE_DOCS'] === '1') await writeFile(page, updated)
  else expect(text).toBe(updated)
}

describe('the command nest-jwt-auth doctor', () => {
  it('prints what its page shows', async () => {
    const app = codeBlocks('docs/doctor.md').find(({ language }) => language === 'ts')
    const folder = await makeApp(app?.code ?? '')
    await runProgram('git', ['init', '-q'], folder)
    const { code, out, err } = await doctor(folder, [])
    expect({ code, err }).toEqual({ code: 1, err: '' })
    await expectInPage(/^(```text\n)[^]*?(```\n)/m, out)
  })

  it('has a row for each finding in its page', async () => {
    const rows = Object.entries(FINDINGS).map(([code, { severity, why }]) => [`\`${code}\``, severity, why])
    const all = [['code', 'severity', 'why it matters'], ...rows]
    const widths = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]?.length ?? 0)))
    const lines = all.map(
      (row) => `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`,
    )
    lines.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`)
    await expectInPage(/(<!-- findings -->\n)[^]*?(<!-- \/findings -->)/, `\n${lines.join('\n')}\n\n`)
  })

  it('ends, and prints nothing but JSON, whatever the app prints and keeps running', async () => {
    const noisy = appSource({
      code: "console.log('hello'); setInterval(() => console.log('tick'), 1000)",
      providers: "{ provide: 'closing', useValue: { onModuleDestroy: () => { throw new Error('stuck') } } }",
    })
    const { code, out, err } = await doctor(await makeApp(noisy), ['--json'])
    expect(code).toBe(0)
    expect(JSON.parse(out)).toMatchObject({ findings: [] })
    expect(err).toContain('hello')
  })

  it('names its options, and refuses others with exit code 2', async () => {
    const folder = await makeApp(appSource({}))
    const help = await doctor(folder, ['--help'])
    for (const option of ['--app', '--url', '--start', '--token-env', '--json', '--timeout', '--env-file']) {
      expect(help.out).toContain(option)
    }
    expect(await doctor(folder, ['--fix'])).toMatchObject({ code: 2, out: '' })
  })
})
