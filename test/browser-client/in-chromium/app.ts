import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Controller, Get, Header } from '@nestjs/common'
import ts from 'typescript'
import { cookieApp } from '../../cookies/app.js'
import { codeBlocks } from '../../docs/code-blocks.js'
import { adapters, startApp } from '../../support/adapters.js'
import { workspaceRoot } from '../../support/run.js'

export type Mode = 'cookie' | 'bearer'

/** What pages load as the package. */
export const clientCode = readFileSync(join(workspaceRoot, 'packages/browser/dist/index.js'), 'utf8')

/** The sample of this mode on a documentation page, as JavaScript. */
export function sampleOn(page: string, mode: Mode): string {
  const block = codeBlocks(page).find(
    ({ code }) => code.includes(`mode: '${mode}'`) && code.includes('function logIn'),
  )
  if (!block) throw new Error(`${page} has no sample of ${mode} mode.`)
  const { ESNext } = ts.ModuleKind
  const { outputText } = ts.transpileModule(block.code, { compilerOptions: { target: 99, module: ESNext } })
  return outputText.replace('https://api.example.com', '')
}

// Every page asks who is signed in, the login page too, and shows it as its title.
const html = `<!doctype html>
<title>…</title>
<link rel="icon" href="data:," />
<script type="importmap">{ "imports": { "@nest-jwt-auth/browser": "/client.js" } }</script>
<script type="module">
  import * as sample from '/sample.js'
  window.sample = sample
  const answer = await sample.authFetch('/me')
  document.title = answer.ok ? (await answer.json()).sub : 'nobody'
</script>`

/** An app with the ready-made routes whose pages run the sample; `/` and `/login` are the same page. Gives its URL. */
export async function startPages(mode: Mode, sample: string): Promise<string> {
  @Controller()
  class PagesController {
    @Get(['/', 'login'])
    @Header('Content-Type', 'text/html')
    page() {
      return html
    }

    @Get('client.js')
    @Header('Content-Type', 'text/javascript')
    client() {
      return clientCode
    }

    @Get('sample.js')
    @Header('Content-Type', 'text/javascript')
    sample() {
      return sample
    }
  }
  const metadata = cookieApp(mode === 'cookie' ? { cookies: { secure: false } } : { locations: ['header'] })
  metadata.controllers?.push(PagesController)
  const [express] = adapters
  const { port } = await startApp(express!, metadata)
  return `http://127.0.0.1:${port}`
}
