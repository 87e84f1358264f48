import { type Case, toCases } from './guarded-app.js'

export const use = (code: string): Case['files'] => [
  [
    'src/uses.ts',
    `import { UseGuards } from '@nestjs/common';\nimport { APP_GUARD } from '@nestjs/core';\nimport { AuthGuard } from './auth.guard';\n${code}\n`,
  ],
]
const uses: [string, string][] = [
  [
    'a subclass with a check',
    'export class Admin extends AuthGuard { async canActivate(c: any) { return (await super.canActivate(c)) && c.isAdmin } }',
  ],
  [
    'a subclass of a subclass',
    'class A extends AuthGuard {}\nexport class B extends A { canActivate(): any { return false } }',
  ],
  [
    'a subclass with a constructor',
    'export class Admin extends AuthGuard { constructor() { super(null!, null!); throw new Error() } }',
  ],
  [
    'a class expression',
    'export const Admin = class extends AuthGuard { canActivate(): any { return false } };',
  ],
  ['a mixin', 'declare const strict: any;\nexport class Admin extends strict(AuthGuard) {}'],
  ['an instance', '@UseGuards(new AuthGuard(null!, null!)) export class A {}'],
  [
    'a factory',
    'export const p = { provide: APP_GUARD, useFactory: (a: AuthGuard) => ({ canActivate: async (c: any) => (await a.canActivate(c)) && c.ok }), inject: [AuthGuard] };',
  ],
  [
    'a provider of another class',
    'class Strict {}\nexport const p = { provide: AuthGuard, useClass: Strict };',
  ],
  ['a changed prototype', 'AuthGuard.prototype.canActivate = async () => false;'],
  [
    'a call',
    'export class C { constructor(private a: AuthGuard) {} go(c: any) { return this.a.canActivate(c) } }',
  ],
]
/** Places of a guard where `JwtGuard` may not stand. */
export const otherUses: Case[] = toCases(uses.map(([name, code]) => [name, use(code), 'uses\\.ts']))
