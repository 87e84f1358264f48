import { type Case, MARK, recipe, routes, toCases } from './guarded-app.js'

const GUARD = 'auth\\.guard\\.ts'

export const guard = (changes: Parameters<typeof recipe>[0] = {}): Case['files'][number] => [
  'src/auth.guard.ts',
  recipe(changes),
]

const refuse = 'throw new UnauthorizedException();'
const changes: [string, Parameters<typeof recipe>[0]][] = [
  ['by a claim', { verified: `if (payload.role !== 'admin') ${refuse}` }],
  ['by the type of the token', { verified: `if (payload['type'] !== 'access') ${refuse}` }],
  ['by a header', { token: `if (request.headers['x-key'] !== 'k') ${refuse}` }],
  ['by an environment variable', { token: `if (process.env.CLOSED === '1') ${refuse}` }],
  ['by an environment variable, on public routes too', { first: `if (process.env.CLOSED) ${refuse}` }],
  ['by one token', { token: `if (token === 'stolen') ${refuse}` }],
  ['by the length of the token', { token: `if (token.length > 900) ${refuse}` }],
  ['by what is logged', { verified: 'console.log(check`${payload}`);' }],
  ['by a part of the payload', { verified: 'if (!payload.sub) throw new UnauthorizedException();' }],
  ['by an assignment', { verified: 'payload = undefined;' }],
  [
    'with an error that does more',
    { token: 'if (!token) throw new UnauthorizedException(this.count());', members: 'count() { return 1 }' },
  ],
  [
    'with a mark that is read after the token',
    {
      first:
        'const early = context.switchToHttp().getRequest(); if (!early.headers.authorization) throw new UnauthorizedException();',
    },
  ],
  ['with `finally`', { verified: 'try { check(payload) } finally { }' }],
  [
    'by another method',
    {
      token: 'this.check(request);',
      members: 'check(request: any) { if (!request.secure) throw new Error() }',
    },
  ],
  [
    'by a function',
    {
      verified: 'check(payload);',
      head: 'function check(payload: any) { if (payload.banned) throw new Error() }',
    },
  ],
  [
    'by a property',
    { members: 'private readonly isOn = start();', head: 'const start = () => { throw new Error() }' },
  ],
  ['by a hook', { members: "onModuleInit() { if (!process.env.X) throw new Error('X') }" }],
  ['by a service', { verified: 'await this.users.check(payload);', inject: ', private readonly users: any' }],
  [
    'by what a service does when it is made',
    { inject: ', users: Users', head: 'class Users { constructor() { throw new Error() } }' },
  ],
  ['by a log that throws', { verified: 'console.log(payload.user.id);' }],
  ['by a log that throws, in an array', { verified: 'console.log(...payload.roles);' }],
  ['with a changed payload', { verified: 'payload.roles = [];' }],
  [
    'by an error in the log',
    {
      verified: 'this.logger.log(this.check(payload));',
      members:
        'private readonly logger = new Logger(); check(payload: any) { if (payload.banned) throw new Error() }',
    },
  ],
  [
    'before it lets public routes pass',
    {
      first:
        'if (!context.switchToHttp().getRequest().headers.authorization) throw new UnauthorizedException();',
    },
  ],
]
const extending = recipe({ head: 'abstract class Base { constructor() { throw new Error() } }' })
/** Guards that refuse for another reason than the token. */
export const otherReasons: Case[] = toCases([
  ...changes.map(([name, change]): [string, Case['files'], string] => [name, [guard(change)], GUARD]),
  [
    'by its base class',
    [['src/auth.guard.ts', extending.replace('AuthGuard impl', 'AuthGuard extends Base impl')]],
    GUARD,
  ],
])

const handlerOnly = guard({ mark: 'this.reflector.get<boolean>(OPEN, context.getHandler())' })
const more = 'const Site = () => Open();'
/** Guards that read the mark in another way than `JwtGuard`. */
export const otherReads: Case[] = toCases([
  ['of the class', [guard({ mark: 'this.reflector.get(OPEN, context.getClass())' })], GUARD],
  [
    'of the class first',
    [
      guard({
        mark: MARK.replace('getHandler', 'getAny')
          .replace('getClass', 'getHandler')
          .replace('getAny', 'getClass'),
      }),
    ],
    GUARD,
  ],
  ['of both, merged', [guard({ mark: MARK.replace('AndOverride', 'AndMerge') })], GUARD],
  ['by another reflector', [guard({ mark: 'this.other.get(OPEN, context.getHandler())' })], GUARD],
  ['with a condition', [guard({ mark: `process.env.DEMO && ${MARK}` })], GUARD],
  [
    'of the handler only, while a class carries the mark',
    [handlerOnly, ['src/routes.ts', routes('', { onClass: '@Open()' })]],
    GUARD,
  ],
  [
    'of the handler only, while a decorator with the mark is at a class',
    [handlerOnly, ['src/routes.ts', routes('', { onClass: '@Site()', more })]],
    GUARD,
  ],
])
