import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { Public } from '@nest-jwt-auth/core'
import { Controller, Get, StreamableFile } from '@nestjs/common'
import { demoUsers } from '../dev/demo-data.js'
import { Settings } from '../settings.js'
import { PageHeaders } from './page-headers.js'

/** The page that shows in a browser what the library does, and what it must know about this shop. */
@Public()
@Controller()
export class PageController {
  constructor(private readonly settings: Settings) {}

  @Get()
  @PageHeaders()
  index(): StreamableFile {
    return file(publicFile('index.html'), 'text/html')
  }

  @Get('app.css')
  @PageHeaders()
  styles(): StreamableFile {
    return file(publicFile('app.css'), 'text/css')
  }

  @Get('app.js')
  @PageHeaders()
  script(): StreamableFile {
    return file(publicFile('app.js'), 'text/javascript')
  }

  /** `@nest-jwt-auth/browser` as it is published: one module, which the script imports. */
  @Get('auth-client.js')
  @PageHeaders()
  client(): StreamableFile {
    return file(createRequire(import.meta.url).resolve('@nest-jwt-auth/browser'), 'text/javascript')
  }

  /** How tokens travel, and in development the users to sign in as. */
  @Get('page.json')
  @PageHeaders()
  about() {
    const { authMode, production } = this.settings
    return { mode: authMode, demoUsers: production ? [] : Object.values(demoUsers) }
  }
}

function publicFile(name: string): string {
  return fileURLToPath(new URL(`../../public/${name}`, import.meta.url))
}

function file(path: string, type: string): StreamableFile {
  return new StreamableFile(readFileSync(path), { type: `${type}; charset=utf-8` })
}
