import { readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Public } from '@nest-jwt-auth/core'
import { Controller, Get, NotFoundException, Param, StreamableFile } from '@nestjs/common'
import { demoUsers } from '../dev/demo-data.js'
import { Settings } from '../settings.js'
import { PageHeaders } from './page-headers.js'

const packages = createRequire(import.meta.url)
const pageFolder = fileURLToPath(new URL('../../public/', import.meta.url))

/** The page that shows in a browser what the library does: three files, and what they must know of this shop. */
@Public()
@Controller()
export class PageController {
  constructor(private readonly settings: Settings) {}

  @Get()
  @PageHeaders()
  index(): StreamableFile {
    return file(join(pageFolder, 'index.html'), 'text/html; charset=utf-8')
  }

  @Get('app.css')
  @PageHeaders()
  styles(): StreamableFile {
    return file(join(pageFolder, 'app.css'), 'text/css; charset=utf-8')
  }

  @Get('app.js')
  @PageHeaders()
  script(): StreamableFile {
    return file(join(pageFolder, 'app.js'), 'text/javascript; charset=utf-8')
  }

  /** The library's client for browsers, which the script imports: ES modules, as they are published. */
  @Get('auth-client/:module')
  @PageHeaders()
  client(@Param('module') module: string): StreamableFile {
    const folder = dirname(packages.resolve('@nest-jwt-auth/browser'))
    if (!module.endsWith('.js') || !readdirSync(folder).includes(module)) throw new NotFoundException()
    return file(join(folder, module), 'text/javascript; charset=utf-8')
  }

  /** How tokens travel, and in development whom to sign in as. */
  @Get('page.json')
  @PageHeaders()
  about() {
    const { authMode, production } = this.settings
    return { mode: authMode, demoUsers: production ? [] : Object.values(demoUsers) }
  }
}

function file(path: string, type: string): StreamableFile {
  return new StreamableFile(readFileSync(path), { type })
}
