import type { Sources } from '../../docs/code-blocks.js'
import { tsconfig } from './project.js'

export interface Case {
  readonly name: string
  readonly files: Sources
  /** The file that the list names, as a pattern. */
  readonly place: string
}

export const toCases = (cases: readonly (readonly [string, Sources, string])[]): Case[] =>
  cases.map(([name, files, place]) => ({ name, files, place }))

/** Without the compiler's library, which takes a second to read, and which these apps do not need. */
const setup: Sources = [
  ['no-lib.json', '{ "compilerOptions": { "noLib": true } }'],
  ['tsconfig.json', tsconfig[1].replace('{', '{"extends":"./no-lib.json",')],
  ['package.json', '{ "dependencies": { "@nestjs/jwt": "^11.0.0" } }\n'],
  [
    'src/app.module.ts',
    `import { Module } from '@nestjs/common';
import { JwtModule } from '@nestjs/jwt';

@Module({
  imports: [JwtModule.register({ secret: process.env.JWT_SECRET, signOptions: { expiresIn: '1h' } })],
})
export class AppModule {}
`,
  ],
]

/** What the folder of a case has, unless the case has another file of that name. */
const common = (): Sources => [
  [
    'src/module.ts',
    `import { Module } from '@nestjs/common';
import { APP_GUARD } from '@nestjs/core';
import { AuthGuard } from './auth.guard';
import { Routes } from './routes';

@Module({ controllers: [Routes], providers: [{ provide: APP_GUARD, useClass: AuthGuard }] })
export class CaseModule {}
`,
  ],
  ['src/open.ts', marks('export const Open = () => SetMetadata(OPEN, true);')],
  ['src/routes.ts', routes('@Open()')],
  ['src/auth.guard.ts', recipe()],
]

/** One app for many cases, since to read an app takes longer than to read a guard. Each has its folder, and its own key. */
export function appOf(cases: readonly Sources[]): Sources {
  return [
    ...setup,
    ...cases.flatMap((_, index) =>
      filesOf(cases, index).map(([path, text]): Sources[number] => [path, text]),
    ),
  ]
}

/** The files of one case. */
export function filesOf(cases: readonly Sources[], index: number): Sources {
  const files = new Map([...common(), ...(cases[index] ?? [])])
  return [...files].map(([path, text]) => [
    path.replace('src/', `src/case${index}/`),
    text.replaceAll('open to all', `open to ${index}`),
  ])
}

export function marks(code: string, imports = 'SetMetadata'): string {
  return `import { ${imports} } from '@nestjs/common';\n\nexport const OPEN = 'open to all';\n${code}\n`
}

export function routes(mark: string, { onClass = '', more = '', imports = 'Open' } = {}): string {
  return `import { Controller, Get, SetMetadata, UseGuards } from '@nestjs/common';
import { ${imports} } from './open';
${more}
${onClass}
@Controller()
export class Routes {
  ${mark} @Get('a') a() { return 'a'; }
  @Get('b') b() { return 'b'; }
}
`
}

export const MARK =
  'this.reflector.getAllAndOverride<boolean>(OPEN, [context.getHandler(), context.getClass()])'

/** The guard of Nest's documentation, with what an app changes in it. */
export function recipe({
  mark = MARK,
  first = '',
  token = '',
  verified = '',
  members = '',
  head = '',
  inject = '',
} = {}) {
  return `import { CanActivate, ExecutionContext, Injectable, UnauthorizedException, Logger } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { JwtService } from '@nestjs/jwt';
import { OPEN } from './open';

${head}
@Injectable()
export class AuthGuard implements CanActivate {
  constructor(private readonly jwtService: JwtService, private readonly reflector: Reflector${inject}) {}
  ${members}
  async canActivate(context: ExecutionContext): Promise<boolean> {
    ${first}
    const isOpen = ${mark};
    if (isOpen) {
      return true;
    }
    const request = context.switchToHttp().getRequest();
    const token = this.extractTokenFromHeader(request);
    ${token}
    if (!token) {
      throw new UnauthorizedException();
    }
    try {
      const payload = await this.jwtService.verifyAsync(token);
      ${verified}
      request['user'] = payload;
    } catch {
      throw new UnauthorizedException();
    }
    return true;
  }

  private extractTokenFromHeader(request: any): string | undefined {
    const [type, token] = request.headers.authorization?.split(' ') ?? [];
    return type === 'Bearer' ? token : undefined;
  }
}
`
}
