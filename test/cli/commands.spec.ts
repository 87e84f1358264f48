import { afterAll, beforeAll, describe, expect, it } from '@jest/globals'
import { createPrivateKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { JwtAuthModule, type JwtKey, TokenService } from '@nest-jwt-auth/core'
import { errorStack } from '../../packages/cli/src/app/error-stack.js'
import { describeTime } from '../../packages/cli/src/describe-time.js'
import { startModule } from '../support/adapters.js'
import { workspaceRoot } from '../support/run.js'
import { callHere } from './call-here.js'
import type { CallOptions, Outcome } from './installed-cli.js'

let folder: string

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nest-jwt-auth-cli-'))
})

afterAll(() => rm(folder, { recursive: true, force: true }))

const call = (args: readonly string[], options?: CallOptions) => callHere(folder, args, options)
const write = (name: string, text: string) => writeFile(join(folder, name), text)
const failed = (stderr: RegExp) => ({ code: 2, stdout: '', stderr: expect.stringMatching(stderr) })

/** What an app says of a key that the command has printed. */
async function useKey(key: JwtKey): Promise<{ header: object; kids: (string | undefined)[] }> {
  const module = await startModule({ imports: [JwtAuthModule.forRoot({ keys: [key], refreshToken: false })] })
  const tokens = module.get(TokenService)
  const token = await tokens.issueAccessToken('ada')
  await tokens.verify(token)
  const kids = tokens.publicKeys().keys.map(({ kid }) => kid)
  await module.close()
  return { header: tokens.decodeUnverified(token).header, kids }
}

const kidIn = ({ stderr }: Outcome) => /^kid: (\S+)$/m.exec(stderr)?.[1]
/** A string is taken for JSON. */
const encode = (value: object | string) =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url')
const nested = (depth: number) => `{"sub":"ada","a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
const now = Math.floor(Date.now() / 1000)

function forge(header: object | string, claims: object | string, key?: KeyObject): string {
  const input = `${encode(header)}.${encode(claims)}`
  const signature = key && sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature?.toString('base64url') ?? ''}`
}

describe('the help', () => {
  const shown = (stdout: RegExp) => ({ code: 0, stderr: '', stdout: expect.stringMatching(stdout) })
  const all = /^nest-jwt-auth <command>[^]*\n {2}secret [^]*\n {2}token mint /
  const ofTokens = /^nest-jwt-auth <command>[^]*\n\n {2}token \w+ [^]*\n {2}token verify +[^]*\n\n/

  it.each([
    [[], all],
    [['--help'], all],
    [['-h'], all],
    [['help'], all],
    [['token', '--help'], ofTokens],
    [
      ['secret', '--help'],
      /^Prints a new random secret[^]*\n\nnest-jwt-auth secret \[options\]\n\n[^]*--help/,
    ],
    [['secret', '-h', '--', 'x'], /^Prints a new random secret/],
    [['--version'], /^\d+\.\d+\.\d+\S*\n$/],
    [['-v'], /^\d+\.\d+\.\d+\S*\n$/],
  ])('answers %j', async (args, text) => {
    expect(await call(args)).toMatchObject(shown(text))
  })

  it('of a group has no other commands', async () => {
    expect((await call(['token', '--help'])).stdout).not.toMatch(/^ {2}(?!token )/m)
  })
})

describe('a wrong call', () => {
  it.each([
    [['ad'], /^There is no such command\. See/],
    [['secret', '--', '--help'], /takes no arguments, but there is one of 6 characters/],
    [['token', 'inspect', 'a.b.c', 'my-own-secret'], /takes at most 1 arguments, but there is one of 13 /],
    [['keys', 'new', '--algorithm', 'ES257'], /The algorithm ES257 is not supported here\. Use one of ES256/],
    [['keys', 'new', '--algorithm', 'constructor'], /^This algorithm is not supported here/],
    [['secret', '--algorithm', 'ES256'], /not supported here\. Use one of HS256, HS384, HS512\./],
    [['keys', 'new', '--format', 'jwk', '--kid', 'k'.repeat(256)], /has at most 255 characters/],
    [['doctor', '--url', 'my-own-secret'], /--url must be an address with http or https/],
    [['doctor', '--url', 'ftp://a.example'], /--url must be an address with http or https/],
    [['doctor', '--url', 'https://ada:pw-of-ada@a.example'], /must not hold a user name or a password/],
    [['doctor', '--url', 'https://:pw-of-ada@a.example'], /must not hold a user name or a password/],
    [['doctor', '--url', 'http://127.0.0.1:9', '--timeout', 'soon'], /--timeout must be whole seconds/],
    [['doctor', '--url', 'http://127.0.0.1:9', '--timeout', '0'], /--timeout must be whole seconds/],
    [['adit'], /no command adit\. Did you mean audit\?/],
    [['token', 'inspct'], /no command token inspct\. Did you mean token inspect\?/],
    [['token'], /token mint[^]*token verify/],
    [['adit-my-own-secret'], /^There is no such command\. See/],
    [['secret-my-own-secret'], /^There is no such command\. Did you mean secret\?/],
    [['token', 'my-own-secret'], /^There is no such command\. See/],
    [['audit', '--my-own-secret'], /an option that this command does not have/],
    [['audit', '--json-my-own-secret'], /an option that .* not have\. Did you mean --json\?/],
    [['audit', '--constructor'], /an option that this command does not have/],
    [['audit', '--env-file', 'JWT_SECRET=my-own-secret'], /takes the name of a file/],
    [['keys', 'new', '--algorithm', 'my-own-secret'], /^This algorithm is not supported here/],
    [['doctor', '--token-env', 'my-own-secret'], /--token-env names holds no token/],
    [['audit', '--jsn'], /no option --jsn\. Did you mean --json\?/],
    [['audit', '--json=yes'], /--json takes no value/],
    [['audit', '--app'], /--app needs a value/],
    [['audit', '--app', '--json'], /--app needs a value/],
    [['secret', '--algorithm', 'HS256', '--algorithm', 'HS512'], /--algorithm is given twice/],
    [['secret', 'my-own-secret'], /takes no arguments, but there is one of 13 characters/],
    [['token', 'mint', '1', '--secret', 'my-own-secret'], /no option --secret\. Did you mean --secret-/],
    [['keys', 'new', '--algorithm', 'es256'], /es256 is not supported here\. Write ES256\./],
    [['keys', 'new', '--algorithm', 'none'], /Use one of ES256/],
    [['keys', 'new', '--format', 'der'], /--format must be pem or jwk/],
    [['keys', 'new', '--format', 'jwk', '--algorithm', 'HS256'], /Leave out --format/],
    [['keys', 'new', '--kid', 'a'], /--kid needs --format jwk/],
    [['keys', 'revoke'], /keys revoke <kid>/],
    [['keys', 'revoke', '-Gx3'], /hyphen goes after `--`/],
    [['sessions', 'list', '-my-own-secret'], /hyphen goes after `--`/],
    [
      ['sessions', 'revoke', '--all', 'a', '--except', '-Gx3'],
      /needs a value.* --except=<session> if it begins/,
    ],
    [['sessions', 'list'], /sessions list <sub>/],
    [['sessions', 'revoke', 'a', '--all', 'b'], /Name either a session/],
    [['sessions', 'revoke', 'a', '--except', 'b'], /--except needs --all/],
  ])('refuses %j with what to do', async (args, message) => {
    const outcome = await call(args)
    expect(outcome).toMatchObject(failed(message))
    expect(outcome.stderr).not.toMatch(/my-own-secret|pw-of-ada/)
  })
})

describe('an app that is not named', () => {
  const audit = async (files: readonly string[], ...args: string[]) => {
    const project = await mkdtemp(join(folder, 'project-'))
    for (const file of files) {
      await mkdir(join(project, file, '..'), { recursive: true })
      await writeFile(
        join(project, file),
        '// Settings\n{ "compilerOptions": { "outDir": "./out" /* built */, }, }',
      )
    }
    return callHere(project, ['audit', ...args])
  }

  it.each([
    [
      [],
      [],
      /no app\.module\.js in dist\. Run this in the folder of a built app, or name its root module: --app/,
    ],
    [['src/app.module.ts'], [], /not built: there is src\/app\.module\.ts/],
    [
      ['dist/a/app.module.js', 'dist/b/app.module.js'],
      [],
      /2 apps in this folder.*\n {2}--app dist.a.app\.module\.js\n/,
    ],
    [[], ['--app', 'dist/app.module.js'], /There is no file .*app\.module\.js\. Build the app/],
    [['src/app.module.ts'], ['--app', 'src/app.module.ts'], /is TypeScript\. Build the app/],
    [['dist/app.module.js'], ['--app', 'dist'], /is a folder\. Name the file/],
    [['dist/app.module.js'], [], /@nestjs\/core is not installed where .*app\.module\.js is/],
    [['dist/app.module.js'], ['--env-file', 'nothing'], /--env-file nothing cannot be read/],
    [['dist/app.module.js'], ['--timeout', 'soon'], /--timeout must be whole seconds/],
    [['tsconfig.json'], [], /no app\.module\.js in out and dist\./],
    [['dist/app.module.js'], ['--app', '#AppModule'], /--app #AppModule is no file or file#Export/],
    [['dist/app.module.js'], ['--app', 'dist/app.module.js#'], /is no file or file#Export/],
    [['dist/app.module.js'], ['--app', 'dist/app.module.js'], /@nestjs\/core is not installed where/],
    [['dist/app.module.js'], ['--env-file', 'dist/app.module.js'], /@nestjs\/core is not installed where/],
    [['tsconfig.build.json'], [], /no app\.module\.js in out and dist\./],
    [['dist/app.module.js', 'dist/node_modules/a/app.module.js'], [], /@nestjs\/core is not installed where/],
    [['c#/app.module.js'], ['--app', 'c#/app.module.js'], /not installed where .*c#.app\.module\.js is/],
    [['c#/app.module.js'], ['--app', 'c#/app.module.js#App'], /not installed where .*c#.app\.module\.js is/],
    [[], ['--timeout', '60'], /no app\.module\.js in dist\./],
    [[], ['--timeout', '86401'], /--timeout must be whole seconds/],
  ])('among %j is refused with %j', async (files, args, message) => {
    expect(await audit(files, ...args)).toMatchObject(failed(message))
  })

  it.each([
    '{ broken',
    '{}',
    '{ "compilerOptions": { "outDir": "" } }',
    '{ "compilerOptions": { "outDir": 1 } }',
    '{ "compilerOptions": { "outDir": "." } }',
    '{ "compilerOptions": { "outDir": ".." } }',
  ])('is looked for in dist alone where tsconfig.json is %j', async (text) => {
    const project = await mkdtemp(join(folder, 'project-'))
    await writeFile(join(project, 'tsconfig.json'), text)
    expect(await callHere(project, ['audit'])).toMatchObject(failed(/no app\.module\.js in dist\./))
  })

  it('is looked for in an outDir beside the folder', async () => {
    const project = await mkdtemp(join(folder, 'project-'))
    await writeFile(
      join(project, 'tsconfig.json'),
      '{ "compilerOptions": { "outDir": "${configDir}/../out" } }',
    )
    expect(await callHere(project, ['audit'])).toMatchObject(
      failed(/no app\.module\.js in \.\..out and dist\./),
    )
  })
})

describe('secret and keys new', () => {
  it.each([
    [[], 64],
    [['--algorithm', 'HS256'], 32],
    [['--algorithm', 'HS384'], 48],
  ])('secret %j is as long as asked', async (args, bytes) => {
    const { code, stdout, stderr } = await call(['secret', ...args])
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(Buffer.from(stdout.trim(), 'base64url')).toHaveLength(bytes)
  })

  it.each(['HS256', 'HS384', 'HS512'] as const)('an app signs with a new %s secret', async (algorithm) => {
    const { stdout } = await call(['keys', 'new', '--algorithm', algorithm])
    const { header } = await useKey({ algorithm, secret: stdout.trim() })
    expect(header).toMatchObject({ alg: algorithm })
  })

  it.each(['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519', 'RS256', 'PS512'] as const)(
    'an app signs with a new %s key, in PEM and as a JWK, under the kid that was printed',
    async (algorithm) => {
      const pem = await call(['keys', 'new', '--algorithm', algorithm])
      const jwk = await call(['keys', 'new', '--algorithm', algorithm, '--format', 'jwk'])

      expect(pem.stdout).toMatch(/^-----BEGIN PRIVATE KEY-----\n[^]*-----END PRIVATE KEY-----\n$/)
      expect(await useKey({ algorithm, privateKey: pem.stdout })).toMatchObject({
        header: { alg: algorithm, kid: kidIn(pem) },
        kids: [kidIn(pem)],
      })
      const { kid, ...withoutKid } = JSON.parse(jwk.stdout)
      expect(await useKey({ algorithm, privateKey: JSON.parse(jwk.stdout) })).toMatchObject({ kids: [kid] })
      expect(await useKey({ algorithm, privateKey: withoutKid })).toMatchObject({ kids: [kid] })
      expect(kid).toBe(kidIn(jwk))
    },
  )

  it('writes a private key to a new file for its owner alone, and prints the public one', async () => {
    const args = ['keys', 'new', '--format', 'jwk', '--kid', 'first', '--out', 'private.jwk']
    const { code, stdout } = await call(args)
    const file = join(folder, 'private.jwk')
    const text = await readFile(file, 'utf8')

    expect(code).toBe(0)
    expect(JSON.parse(text)).toMatchObject({ kid: 'first', alg: 'ES256', d: expect.any(String) })
    expect(JSON.parse(stdout)).toMatchObject({ kid: 'first', alg: 'ES256', use: 'sig' })
    expect(JSON.parse(stdout)).not.toHaveProperty('d')
    if (process.platform !== 'win32') expect((await stat(file)).mode & 0o777).toBe(0o600)

    expect(await call(args)).toMatchObject(failed(/private\.jwk exists already/))
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(await call(['keys', 'new', '--out', 'no/such/folder'])).toMatchObject(failed(/cannot be written/))
  })
})

describe('token inspect', () => {
  const inspect = (token: string, ...args: string[]) =>
    call(['token', 'inspect', ...args], { input: `Bearer ${token}\n` })

  it('explains an access token in words, and repeats no signature', async () => {
    const claims = { sub: 'ada', iat: now - 7200, exp: now - 5400, jti: 'j', role: 'admin' }
    const token = `${forge({ alg: 'HS256', kid: 'k', typ: 'at+jwt' }, claims)}c2lnbmF0dXJl`
    const { code, stdout, stderr } = await inspect(token)

    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).toMatch(/an access token \(typ at\+jwt\)/)
    expect(stdout).toMatch(
      /Header \(not verified\)[^]*alg +"HS256"[^]*Claims \(not verified\)[^]*role +"admin"/,
    )
    expect(stdout).toMatch(/exp +\d+ {2}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d\d:\d\d \(1 hour ago\)/)
    expect(stdout).toContain('It has expired.')
    expect(stdout).not.toContain('c2lnbmF0dXJl')
  })

  it.each([
    ['an unsigned token', { alg: 'none' }, {}, /unsigned \(alg none\)[^]*no signature[^]*no kid/],
    ['dates in milliseconds', { alg: 'HS256' }, { exp: now * 1000 }, /exp looks like milliseconds/],
    ['dates in text', { alg: 'HS256' }, { iat: '2026' }, /iat is not a number/],
    ['no end', { alg: 'HS256' }, { sub: 'a' }, /no exp: it never expires/],
    ['a long life', { alg: 'HS256', typ: 'at+jwt' }, { iat: now, exp: now + 864_000 }, /lives for 10 days/],
    ['the future', { alg: 'HS256' }, { iat: now + 3600, nbf: now + 3600 }, /not active yet[^]*in the future/],
    [
      'a key of its own',
      { alg: 'ES256', jku: 'https://evil.example' },
      {},
      /brings its own key along \(jku\)/,
    ],
    ['a password', { alg: 'HS256' }, { userPassword: 'x' }, /name of a secret/],
    ['a refresh token', { alg: 'HS256', typ: 'rt+jwt' }, {}, /only the refresh route accepts it/],
    ['a one-time token', { alg: 'HS256', typ: 'password-reset+jwt' }, {}, /for the purpose password-reset/],
    ['a header with a name twice', '{"alg":"HS256","alg":"none"}', {}, /name occurs twice/],
    ['a claim with a name twice', { alg: 'HS256' }, '{"a":{"b":1,"b":":,{"}}', /name occurs twice/],
    ['many levels', { alg: 'HS256' }, nested(40), /nested 40 levels deep/],
    ['no kind', { alg: 'HS256', typ: 'JWT' }, {}, /no kind that it names \(typ JWT\)/],
    ['a kind of others', { alg: 'HS256', typ: 'dpop' }, {}, /no kind that it names \(another typ\)/],
    ['a kind of no text', { alg: 'HS256', typ: 1 }, {}, /no kind that it names \(no typ\)/],
    ['a date too far', { alg: 'HS256' }, { exp: 1e300 }, /exp +1e\+300 {2}a date that does not exist/],
    ['no time to live', { alg: 'HS256' }, { exp: 1, nbf: 1 }, /\(\d+ years ago\)[^]*exp is not after/],
    ['one month', { alg: 'HS256', typ: 'at+jwt' }, { iat: 0, exp: 2_629_800 }, /lives for 1 month, /],
  ])('tells of %s', async (_name, header, claims, words) => {
    expect((await inspect(forge(header, claims))).stdout).toMatch(words)
  })

  it('lets no claim write to the terminal', async () => {
    const claims = { sub: '\u001B[2J\u202Eevil\u009B31m', '\u001B]0;title\u0007': 1 }
    const { stdout } = await inspect(forge({ alg: 'HS256' }, claims))
    expect(stdout).toContain(String.raw`\u001b[2J\u202eevil\u009b31m`)
    expect(stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  })

  it('finds nothing odd in a token of the library', async () => {
    const claims = { sub: 'ada', iat: now, exp: now + 900, jti: 'j' }
    const { stdout } = await inspect(`${forge({ alg: 'HS256', kid: 'k', typ: 'at+jwt' }, claims)}c2ln`)
    expect(stdout).not.toContain('odd')
    expect(stdout).toMatch(/Nothing of this was verified: [^]*`token verify`\.\n$/)
  })

  it('takes the token from its argument, and from the standard input for -', async () => {
    const token = forge({ alg: 'HS256', typ: 'at+jwt' }, { sub: 'ada' })
    for (const outcome of [
      await call(['token', 'inspect', '--json', token]),
      await call(['token', 'inspect', '--json', '-'], { input: token }),
    ]) {
      expect(JSON.parse(outcome.stdout)).toMatchObject({ kind: 'access', claims: { sub: 'ada' } })
    }
  })

  it('needs a standard input that ends before 65536 characters', async () => {
    const nothing = await callHere(folder, ['token', 'inspect'], {}, { input: undefined })
    expect(nothing).toMatchObject(failed(/Nothing is on the standard input\. Pipe the token into/))
    const long = await call(['token', 'inspect'], { input: 'x'.repeat(65_537) })
    expect(long).toMatchObject(failed(/^The standard input is too long for the token\.\n$/))
  })

  it('shows the stack of an error that nobody expects', async () => {
    const input = (async function* () {
      yield 'a.b'
      throw new RangeError('the pipe broke')
    })()
    const outcome = await callHere(folder, ['token', 'inspect'], {}, { input })
    expect(outcome).toMatchObject(failed(/^RangeError: the pipe broke\n +at /))
  })

  it('prints JSON on request', async () => {
    const { stdout } = await inspect(forge({ alg: 'HS256', typ: 'at+jwt' }, { sub: 'ada\u202E' }), '--json')
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'access',
      header: { alg: 'HS256' },
      claims: { sub: 'ada\u202E' },
      odd: expect.arrayContaining([expect.stringContaining('no exp')]),
      verified: false,
    })
  })

  it.each([
    ['', /no token/],
    ['what-ever', /three parts .* and this has 1/],
    ['a.b.c.d.e', /encrypted \(a JWE\)/],
    ['a.b.c', /header is not JSON/],
    [`${encode([])}.${encode({})}.c`, /header is not a JSON object/],
    [`${encode({})}.bm8.c`, /payload is not JSON/],
  ])('refuses %j without repeating it', async (token, message) => {
    const outcome = await inspect(token)
    expect(outcome).toMatchObject(failed(message))
  })

  it('refuses what is nested too deeply to be shown', async () => {
    const outcome = await inspect(`${encode({})}.${encode(nested(20_000))}.c`)
    expect(outcome).toMatchObject(failed(/^The payload .* 20000 levels deep/))
  })
})

describe('an error of the app', () => {
  it('is shown by its stack and its causes, without passwords and members', () => {
    const cause = new Error('connect failed: postgres://shop:p@ss/w0rd@db:5432/shop?password=w0rd;x')
    const error = Object.assign(new Error('no database', { cause }), { headers: { authorization: 'w0rd' } })
    const text = errorStack(error)
    expect(text).toMatch(
      /^Error: no database\n +at [^]*\nCaused by: Error: connect failed: postgres:\/\/shop:…@db/,
    )
    expect(text).not.toContain('w0rd')
  })

  it.each([
    [new AggregateError([new Error('no v4'), new Error('no v6')]), /^Error: no v4\n[^]*\nError: no v6\n/],
    [new Error('no', { cause: 'my-own-secret' }), /^Error: no\n[^]*\nCaused by: an error without a message$/],
    [Object.assign(new Error('no stack, pwd=w0rd'), { stack: undefined }), /^no stack, pwd=…$/],
  ])('%# may be of another form', (error, text) => {
    expect(errorStack(error)).toMatch(text)
    expect(errorStack(error)).not.toContain('my-own-secret')
  })

  it('may be its own cause', () => {
    const error = new Error('round and round')
    error.cause = error
    expect(errorStack(error)).toMatch(/round and round[^]*Caused by: …$/)
  })
})

describe('token verify with keys', () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const other = createPrivateKey(
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'pem', type: 'pkcs8' }),
  )
  const jwks = JSON.stringify({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' }] })
  const hexKey = publicKey.export({ format: 'der', type: 'spki' }).toString('hex')
  const header = { alg: 'ES256', kid: 'k', typ: 'at+jwt' }
  const claims = { iss: 'https://a.example', aud: 'shop', sub: 'ada', iat: now, exp: now + 3600 }
  const verify = (args: string[], token = forge(header, claims, privateKey)) =>
    call(['token', 'verify', ...args], { input: token })

  beforeAll(async () => {
    await write('public.pem', publicKey.export({ format: 'pem', type: 'spki' }).toString())
    await write('private.pem', privateKey.export({ format: 'pem', type: 'pkcs8' }).toString())
    await write('keys.json', jwks)
    await write('public.der.txt', `${publicKey.export({ format: 'der', type: 'spki' }).toString('base64')}\n`)
  })

  it('accepts by a key set, an address of one, or a public key', async () => {
    const server = createServer((_request, response) => void response.end(jwks)).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
    for (const source of [
      ['--jwks', 'keys.json'],
      ['--jwks', url],
      ['--public-key', 'public.pem'],
    ]) {
      const outcome = await verify([...source, '--issuer', 'https://a.example', '--audience', 'shop'])
      expect(outcome).toMatchObject({ code: 0 })
      expect(JSON.parse(outcome.stdout)).toEqual(claims)
    }
    server.close()
    await once(server, 'close')
    expect(await verify(['--jwks', url])).toMatchObject(failed(/cannot be fetched: fetch failed, ./))
  })

  it('takes no key set that does not end', async () => {
    const server = createServer((_request, response) => {
      const send = () => {
        while (response.write(' '.repeat(65_536))) continue
      }
      response.on('drain', send)
      send()
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json?key=of-the-query`
    const outcome = await verify(['--jwks', url])
    server.closeAllConnections()
    server.close()
    expect(outcome).toMatchObject(failed(/cannot be fetched: it is longer than 1048576 bytes/))
    expect(outcome.stderr).not.toContain('of-the-query')
  })

  it('takes no key set whose server refuses', async () => {
    const server = createServer((_request, response) => void response.writeHead(404).end(jwks))
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
    const outcome = await verify(['--jwks', url])
    server.close()
    expect(outcome).toMatchObject(failed(/jwks\.json cannot be fetched: the status is 404\./))
  })

  it('accepts a token without iat and nbf, and says so in words or in JSON', async () => {
    const token = forge(header, { sub: 'ada', exp: now + 60 }, privateKey)
    const accepted = { accepted: true, claims: { sub: 'ada', exp: now + 60 } }
    const inWords = await verify(['--public-key', 'public.pem'], token)
    expect(inWords).toMatchObject({ code: 0, stderr: 'The public key accepts it.\n' })
    expect(JSON.parse(inWords.stdout)).toEqual(accepted.claims)
    const asJson = await verify(['--public-key', 'public.pem', '--json'], token)
    expect(asJson).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(asJson.stdout)).toEqual(accepted)
  })

  it('asks the app where no key is named', async () => {
    expect(await verify([])).toMatchObject(failed(/no app\.module\.js in dist\./))
  })

  it.each(['ES384', 'RS256', 'EdDSA'])('says in words that %s is no algorithm of the key', async (alg) => {
    const outcome = await verify(['--public-key', 'public.pem'], forge({ ...header, alg }, claims, other))
    expect(outcome).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        /^The public key refuses it: token_signature_invalid\. .*Reason: "alg" .* not allowed\.\n$/,
      ),
    })
  })

  it('says of a key for RSASSA-PSS alone that it is not supported', async () => {
    const { publicKey } = generateKeyPairSync('rsa-pss', { modulusLength: 2048 })
    await write('pss.pem', publicKey.export({ type: 'spki', format: 'pem' }).toString())
    const token = forge({ alg: 'PS256' }, { sub: 'ada' })
    expect(await verify(['--public-key', 'pss.pem'], token)).toMatchObject(failed(/restricted to RSASSA-PSS/))
  })

  it('says that an RSA key is too short for its algorithm', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1024 })
    await write('short.pem', short.publicKey.export({ format: 'pem', type: 'spki' }).toString())
    const token = forge({ ...header, alg: 'RS256' }, claims, short.privateKey)
    expect(await verify(['--public-key', 'short.pem'], token)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/token_signature_invalid\. .*its alg does not fit the key\.\n$/),
    })
  })

  it.each([
    ['padding', [], `${forge(header, claims, privateKey)}=`, 'token_malformed'],
    ['another key', [], forge(header, claims, other), 'token_signature_invalid'],
    ['an unknown kid', [], forge({ ...header, kid: 'x' }, claims, privateKey), 'token_signature_invalid'],
    ['an algorithm of secrets', [], forge({ ...header, alg: 'HS256' }, claims), 'token_signature_invalid'],
    ['no algorithm', [], forge({ alg: 'none' }, claims), 'token_signature_invalid'],
    ['its end', [], forge(header, { ...claims, iat: now - 9, exp: now - 1 }, privateKey), 'token_expired'],
    ['its start', [], forge(header, { ...claims, nbf: now + 1800 }, privateKey), 'token_not_active'],
    ['no end', [], forge(header, { sub: 'ada' }, privateKey), 'token_claims_invalid'],
    ['no subject', [], forge(header, { exp: now + 60 }, privateKey), 'token_claims_invalid'],
    [
      'an end before its start',
      [],
      forge(header, { ...claims, iat: now + 9000, exp: now + 5000 }, privateKey),
      'token_claims_invalid',
    ],
    ['a future', [], forge(header, { ...claims, iat: now + 1800 }, privateKey), 'token_not_active'],
    [
      'a name twice',
      [],
      forge(header, '{"sub":"ada","sub":"bob","exp":99999999999}', privateKey),
      'token_malformed',
    ],
    ['its depth', [], forge(header, nested(40), privateKey), 'token_malformed'],
    ['its length', [], forge(header, { ...claims, long: 'x'.repeat(8000) }, privateKey), 'token_malformed'],
    ['another issuer', ['--issuer', 'https://b.example'], undefined, 'token_claims_invalid'],
    ['another audience', ['--audience', 'x'], undefined, 'token_claims_invalid'],
    ['another kind', ['--kind', 'refresh'], undefined, 'token_wrong_type'],
  ])('refuses %s', async (_name, args, token, errorCode) => {
    const outcome = await verify(['--jwks', 'keys.json', '--json', ...args], token)
    expect(outcome).toMatchObject({ code: 1, stderr: '' })
    expect(JSON.parse(outcome.stdout)).toMatchObject({ accepted: false, errorCode })
  })

  it.each([
    ...['crit', 'b64', 'zip', 'cty', 'enc'].map((name) => [name, { ...header, [name]: ['x'] }] as const),
    ['a kid that is not a string', { ...header, kid: 1 }],
    ['a typ that is not a string', { ...header, typ: null }],
    ['an alg that is not a string', { ...header, alg: ['ES256'] }],
    ['no alg', { kid: 'k', typ: 'at+jwt' }],
  ])('takes a token with %s in its header for malformed, as the library does', async (_name, header) => {
    const outcome = await verify(['--public-key', 'public.pem', '--json'], forge(header, claims, privateKey))
    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('"token_malformed"') })
  })

  it.each([
    { jti: 1 },
    { jti: '' },
    { sid: 'x'.repeat(256) },
    { sub: '' },
    { iss: 1 },
    { aud: ['shop', 1] },
    { aud: null },
    { iat: '2026' },
    { nbf: -1 },
    { auth_time: null },
    { exp: 253_402_300_800 },
  ])('takes the claims %j for invalid, as the library does', async (odd) => {
    const outcome = await verify(
      ['--public-key', 'public.pem', '--json'],
      forge(header, { ...claims, ...odd }, privateKey),
    )
    expect(outcome).toMatchObject({ code: 1, stdout: expect.stringContaining('"token_claims_invalid"') })
  })

  it('accepts a token of a clock that is 3 seconds ahead, as the library does', async () => {
    const ahead = Math.floor(Date.now() / 1000) + 3
    const token = forge(header, { ...claims, iat: ahead, nbf: ahead }, privateKey)
    expect(await verify(['--public-key', 'public.pem'], token)).toMatchObject({ code: 0 })
  })

  it('reads no byte order mark', async () => {
    const token = forge(header, `\uFEFF${JSON.stringify(claims)}`, privateKey)
    expect(await verify(['--public-key', 'public.pem'], token)).toMatchObject(failed(/payload is not JSON/))
  })

  it('lets nothing in a token write to the terminal', async () => {
    const crit = ['\u001B[2J\u001B]0;x\u0007']
    const outcome = await verify(
      ['--public-key', 'public.pem'],
      forge({ ...header, crit, [crit.join()]: 1 }, claims, privateKey),
    )
    expect(outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('token_malformed') })
    expect(outcome.stderr).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  })

  it('follows no redirect of a key set', async () => {
    const asked: string[] = []
    const server = createServer(({ url = '' }, response) => {
      asked.push(url)
      if (url === '/jwks.json') response.writeHead(302, { location: '/elsewhere' })
      response.end(jwks)
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
    const outcome = await verify(['--jwks', url])
    server.close()
    expect(outcome).toMatchObject(failed(/cannot be fetched: /))
    expect(asked).toEqual(['/jwks.json'])
  })

  it.each([
    [['--jwks', 'http://a.example/keys'], /must be an https address/],
    [['--jwks', 'https://ada:pw-of-ada@a.example/keys'], /must not hold a user name or a password/],
    [['--jwks', 'public.pem'], /is not a key set/],
    [['--jwks', 'nothing.json'], /cannot be read: ENOENT/],
    [['--public-key', 'private.pem'], /holds a private key/],
    [['--public-key', 'keys.json'], /no public key in PEM/],
    [['--public-key', 'public.pem', '--jwks', 'keys.json'], /Give one of --jwks and --public-key/],
    [['--secret-env', 'my_own_secret'], /that --secret-env names is not set/],
    [['--secret-file', 'public.pem'], /is the text of an asymmetric key .* use `token verify --public-key/],
    [['--secret-file', 'keys.json'], /is the text of an asymmetric key/],
    [['--secret-file', 'public.der.txt'], /is the text of an asymmetric key/],
    [['--secret-env', 'PUBLIC_KEY'], /is the text of an asymmetric key/],
    [['--public-key=-----BEGIN PRIVATE KEY----- my-own-secret'], /the name of a file/],
    [['--secret-env', 'SHORT'], /The secret is 5 bytes long, and HS256 needs 32/],
    [['--issuer', 'x'], /go with keys/],
    [['--audience', 'x'], /go with keys/],
    [['--algorithm', 'HS256', '--public-key', 'public.pem'], /--algorithm goes with a secret/],
    [['--jwks', 'https://'], /--jwks is no address/],
    [['--secret-file', 'nothing.txt'], /--secret-file cannot be read: ENOENT/],
    [['--secret-env', 'SHORT', '--algorithm', 'RS256'], /Use one of HS256, HS384, HS512\./],
    [['--kind', 'id'], /must be access or refresh/],
    [['--secret-file', '-'], /The standard input has the secret, so the token must be the argument/],
    [['-', '--secret-file', '-'], /The standard input has the secret, so the token must be the argument/],
    [['--secret-env', 'my_own_secret', '--env-file', '.env'], /--env-file is for the app/],
  ])('refuses to be called with %j', async (args, message) => {
    const outcome = await call(['token', 'verify', ...args], {
      env: { SHORT: 'short', PUBLIC_KEY: hexKey },
      input: 'a.b.c',
    })
    expect(outcome).toMatchObject(failed(message))
    expect(outcome.stderr).not.toMatch(/my.own.secret|pw-of-ada/)
  })
})

describe('an app in this process', () => {
  let app: string

  const source = `
    import { Module } from '@nestjs/common'
    import { NestFactory } from '@nestjs/core'
    import { InMemoryKeyStore, InMemorySessionStore, JwtAuthModule, KeyStore, SessionStore } from '@nest-jwt-auth/core'

    const secret = 'q7Vd2mXw9LbTz4KsRy8HnCfJ5pGu3EaW'
    /** A store that is not the one of a single process, as far as anybody can see. */
    const shared = (store, kind) => new Proxy(store, {
      getPrototypeOf: () => kind.prototype,
      get: (_, name) => (typeof store[name] === 'function' ? store[name].bind(store) : store[name]),
    })
    const sessionStore = { useValue: shared(new InMemorySessionStore(), SessionStore) }
    const keyStore = { useValue: shared(new InMemoryKeyStore(), KeyStore) }
    const holding = (auth, ...providers) => {
      class HoldingModule {}
      Module({ imports: auth ? [auth] : [], providers })(HoldingModule)
      return HoldingModule
    }

    export const AppModule = JwtAuthModule.forRoot({ secret, refreshToken: {}, sessionStore: InMemorySessionStore })
    export const SharedModule = JwtAuthModule.forRoot({
      secret, refreshToken: {}, sessionStore,
    })
    export const RotatingModule = JwtAuthModule.forRoot({
      keyRotation: { wrap: [{ id: '2026', secret }] }, keyStore, refreshToken: false,
    })
    const ofSecret = (wrapping, store) => JwtAuthModule.forRoot({
      keyRotation: { wrap: [{ id: '2026', secret: wrapping }] }, keyStore: store, refreshToken: false,
    })
    const sealedStore = { useValue: shared(new InMemoryKeyStore(), KeyStore) }
    export const SealedModule = ofSecret(secret, sealedStore)
    export const LostSecretModule = ofSecret([...secret].reverse().join(''), sealedStore)
    export const BareModule = holding()
    export const FailingModule = holding(AppModule, {
      provide: 'DATABASE', useFactory: () => { throw new Error('connect failed, password=w0rd', { cause: new Error('refused') }) },
    })
    export const HangingModule = holding(AppModule, { provide: 'A', useFactory: () => new Promise(() => {}) })
    export const NoisyModule = holding(AppModule, {
      provide: 'A', useValue: { onModuleDestroy: () => { throw new Error('postgres://shop:w0rd@db is busy') } },
    })
    export const WrongModule = JwtAuthModule.forRoot({ secret: 'short' })
    export const MemoryKeysModule = JwtAuthModule.forRoot({
      keyRotation: { wrap: [{ id: '2026', secret }] }, refreshToken: false,
    })
    export const PeopleModule = JwtAuthModule.forRoot({
      secret, refreshToken: {}, sessionStore,
      identityLoader: { useValue: { loadIdentity: ({ sub }) => ({ ada: { id: 'ada-1' }, bob: null })[sub] } },
    })
    const broken = () => Promise.reject(new Error('connect failed redis://shop:p@ss/w0rd@db', { cause: 'w0rd' }))
    export const BrokenModule = JwtAuthModule.forRoot({
      secret, refreshToken: {},
      sessionStore: { useFactory: () => Object.assign(shared(new InMemorySessionStore(), SessionStore), {
        list: broken, lookUp: broken, lookUpTokens: broken,
      }) },
    })
    const listed = async () => [{
      id: 'a-session', subject: 'ada', authTime: undefined, endsAt: undefined, parent: undefined, keepUntil: 0,
      createdAt: Date.now() - 3.5 * 86_400_000, lastUsedAt: Date.now() - 2.5 * 3_600_000,
      current: { jti: 'j', iat: 0, exp: Math.floor(Date.now() / 1000) + 5.5 * 86_400 },
      data: JSON.stringify({ metadata: { device: '\\u009B31m\\u202E' } }),
    }]
    export const ListedModule = JwtAuthModule.forRoot({
      secret, refreshToken: {},
      sessionStore: { useFactory: () => Object.assign(shared(new InMemorySessionStore(), SessionStore), { list: listed }) },
    })
    const unclosed = async (reason) => Object.assign(await create(), { close: () => Promise.reject(reason) })
    export const createBusy = () => unclosed(new Error('the pool is busy, pwd=w0rd'))
    export const createText = () => unclosed('in text')
    export const createStuck = async () => Object.assign(await create(), { close: () => new Promise(() => {}) })
    const HookedModule = holding(AppModule, {
      provide: 'A', useValue: { onModuleInit: () => { throw new Error('the hook has run') } },
    })
    export const createHooked = () => NestFactory.create(HookedModule, { logger: false, abortOnError: false })
    export const create = () => NestFactory.createApplicationContext(AppModule, { logger: false, abortOnError: false })
    export const createNothing = () => undefined
    export const createHalf = () => ({ get: () => undefined })
  `
  const files = {
    'app.module.js': source,
    'none.js': 'export const one = 1',
    'two.js': 'export class FirstModule {}\nexport class SecondModule {}',
    'one.js': `export { SharedModule } from './app.module.js'\nexport class Service {}`,
    'default.js': `export { SharedModule as default, AppModule as OtherModule } from './app.module.js'`,
  }

  const here = (args: string, input = '') => callHere(app, args.split(' '), { input })
  const from = (name: string) => `--app dist/${name.includes('.js') ? name : `app.module.js#${name}`}`
  const mint = async (name: string, more = '') => {
    const outcome = await here(`token mint ada ${from(name)}${more}`)
    expect(outcome).toMatchObject({ code: 0, stderr: '' })
    return outcome.stdout.trim()
  }
  const openSession = async (): Promise<{ access_token: string; refresh_token: string }> =>
    JSON.parse(await mint('SharedModule', ' --session'))

  beforeAll(async () => {
    app = await mkdtemp(join(folder, 'app-'))
    await mkdir(join(app, 'dist'))
    await symlink(join(workspaceRoot, 'node_modules'), join(app, 'node_modules'), 'junction')
    await writeFile(join(app, 'package.json'), '{ "type": "module" }')
    for (const [name, text] of Object.entries(files)) await writeFile(join(app, 'dist', name), text)
  })

  it.each(['AppModule', 'create', 'one.js', 'default.js', 'app.module.js'])('is %s', async (name) => {
    const token = await mint(name)
    const verified = await here(`token verify ${from(name)}`, token)
    expect(verified).toMatchObject({ code: 0, stderr: 'The app accepts it.\n' })
    expect(JSON.parse(verified.stdout)).toMatchObject({ sub: 'ada' })
  })

  it.each([
    ['none.js', /^The root module is not clear in .*none\.js\. It exports none\.\n$/],
    [
      'two.js',
      /^The root module is not clear in .*It exports FirstModule, SecondModule: write --app .*#FirstModule/,
    ],
    ['two.js#ThirdModule', /^There is no module ThirdModule in .*two\.js\. It exports FirstModule/],
    ['BareModule', /JwtAuthModule/],
    [
      'FailingModule',
      /does not start\. Its error:\nError: connect failed, password=…\n[^]*Caused by: Error: refused/,
    ],
    ['HangingModule --timeout 1', /^The app has not started within 1 seconds\./],
    [
      'WrongModule',
      /^The app in .* does not start\. Its error:\nJwtAuthModule cannot start[^]*- secret: (?!.*\n +at )/,
    ],
    ['createNothing', /must return the Nest app, or a promise of it/],
    ['createHalf', /must return the Nest app, or a promise of it/],
  ])('cannot be %s', async (name, message) => {
    const outcome = await here(`token mint ada ${from(name)}`)
    expect(outcome).toMatchObject(failed(message))
    expect(outcome.stderr).not.toContain('w0rd')
  })

  it.each([
    ['createBusy', 'The app does not close: the pool is busy, pwd=…'],
    ['createText', 'The app does not close: in text'],
    ['createStuck', 'The app does not close: It takes too long.'],
    ['NoisyModule', 'The app logs: postgres://shop:…@db is busy'],
  ])('%s is told to be one that does not close well', async (name, words) => {
    const outcome = await here(`token mint ada ${from(name)}`)
    expect(outcome).toMatchObject({ code: 0, stderr: `${words}\n` })
    expect(outcome.stdout).toMatch(/^\S+\.\S+\.\S+\n$/)
  })

  it('that a function makes runs its hooks for a command that needs them, and for no other', async () => {
    const app = from('createHooked')
    expect(await here(`token mint ada ${app}`)).toMatchObject(
      failed(/does not start\. Its error:\nError: the hook has run/),
    )
    expect(await here(`audit ${app}`)).toMatchObject({ code: 0 })
    expect((await here(`migrate ${app}`)).stderr).toMatch(/^The app has no store with tables/)
  })

  it('issues tokens with the claims, the audience and the lifetime that were asked for', async () => {
    const more = ' --claims {"role":"admin"} --audience shop --expires-in 2h'
    const { access_token: opened } = JSON.parse(await mint('SharedModule', ` --session${more}`))
    for (const token of [await mint('SharedModule', more), opened]) {
      const { stdout } = await call(['token', 'inspect', '--json', token])
      const { claims } = JSON.parse(stdout)
      expect(claims).toMatchObject({ sub: 'ada', role: 'admin', aud: 'shop', exp: claims.iat + 7200 })
    }
  })

  it('that keeps its sessions or keys in memory is not asked for them', async () => {
    const app = from('AppModule')
    expect(await here(`sessions list ada ${app}`)).toMatchObject(
      failed(/^The app keeps its sessions in memory/),
    )
    expect(await here(`keys list ${from('MemoryKeysModule')}`)).toMatchObject(
      failed(/^The app keeps its keys in memory/),
    )
    expect(await here(`token mint ada --session ${app}`)).toMatchObject(failed(/Leave out --session/))
    expect(await here(`token mint ada --expires-in x ${app}`)).toMatchObject(
      failed(/a whole number with a unit/),
    )
    expect(await here(`token mint ada --expires-in never ${app}`)).toMatchObject(failed(/allowNever/))
  })

  it('tells of a token whether it accepts it, and why not', async () => {
    const token = await mint('SharedModule', ' --expires-in 1h')
    const inspect = (args: string, given: string) =>
      here(`token inspect ${from('SharedModule')}${args}`, given)
    expect(await inspect('', token)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(
        /Header \(verified\)[^]*Claims \(verified\)[^]*\nThe app accepts it\.\n$/,
      ),
    })
    const asJson = await inspect(' --json', token)
    expect(JSON.parse(asJson.stdout)).toMatchObject({
      verified: true,
      claims: { sub: 'ada' },
      verdict: { accepted: true },
    })
    const changed = `${token.slice(0, -8)}AAAAAAAA`
    const refused = await inspect('', changed)
    expect(refused).toMatchObject({ code: 1, stderr: '' })
    expect(refused.stdout).toMatch(
      /Claims \(not verified\)[^]*\nThe app refuses it: token_signature_invalid\. /,
    )
    const refusal = await inspect(' --json', changed)
    expect(refusal.code).toBe(1)
    expect(JSON.parse(refusal.stdout)).toMatchObject({
      verified: false,
      verdict: { accepted: false, errorCode: 'token_signature_invalid' },
    })
  })

  it('has an identity loader, which decides whom a token is for', async () => {
    const mintFor = (sub: string) => here(`token mint ${sub} ${from('PeopleModule')}`)
    const { stdout } = await mintFor('ada')
    const verified = await here(`token verify ${from('PeopleModule')}`, stdout)
    expect(JSON.parse(verified.stdout)).toMatchObject({ sub: 'ada-1' })
    expect(await mintFor('bob')).toMatchObject(failed(/knows no identity with this subject/))
    expect(await mintFor('eve')).toMatchObject(failed(/knows no identity with this subject/))
  })

  it('whose session store cannot be reached is told so, without a password', async () => {
    const outcome = await here(`sessions list ada ${from('BrokenModule')}`)
    expect(outcome).toMatchObject(
      failed(/^store_unavailable: .*\nThe cause: connect failed redis:\/\/shop:…@db$/m),
    )
    const { access_token: token } = await openSession()
    const verified = await here(`token verify ${from('BrokenModule')}`, token)
    expect(verified).toMatchObject(failed(/^store_unavailable: /m))
    expect(`${outcome.stderr}${verified.stderr}`).not.toContain('w0rd')
  })

  it.each(['AppModule', 'create', 'SharedModule'])(
    'without routes has none in the audit of %s',
    async (name) => {
      const { stdout, code } = await here(`audit --json ${from(name)}`)
      expect(code).toBe(0)
      expect(JSON.parse(stdout)).toMatchObject({ routes: [] })
    },
  )

  it('does not take a one-time token, whose signature is good', async () => {
    const options = { secret: 'q7Vd2mXw9LbTz4KsRy8HnCfJ5pGu3EaW' }
    const module = await startModule({ imports: [JwtAuthModule.forRoot(options)] })
    const token = await module
      .get(TokenService)
      .issueOneTimeToken('password-reset', 'ada', { expiresIn: '1h' })
    await module.close()
    const { code, stdout } = await here(`token inspect ${from('AppModule')}`, token)
    expect(code).toBe(1)
    expect(stdout).toMatch(
      /refuses it: token_wrong_type\.[^]*\nIts signature is good, but it gives no access\./,
    )
  })

  it('takes a refresh token for one', async () => {
    const { access_token: access, refresh_token: refresh } = await openSession()
    const app = from('SharedModule')
    expect(await here(`token inspect ${app}`, refresh)).toMatchObject({ code: 0 })
    expect(await here(`token verify --kind refresh ${app}`, refresh)).toMatchObject({ code: 0 })
    expect(await here(`token verify ${app}`, refresh)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^The app refuses it: token_wrong_type\./),
    })
    expect(await here(`token verify --kind refresh --json ${app}`, access)).toMatchObject({
      code: 1,
      stderr: '',
    })
  })

  it('lists and ends sessions', async () => {
    const app = from('SharedModule')
    await here(`sessions revoke --all ada ${app}`)
    expect(await here(`sessions list ada ${app}`)).toEqual({
      code: 0,
      stdout: 'There are no sessions of this subject.\n',
      stderr: '',
    })
    const { access_token: token } = await openSession()
    await openSession()
    await openSession()
    await openSession()
    const listed: { id: string }[] = JSON.parse((await here(`sessions list ada --json ${app}`)).stdout)
    expect(listed).toHaveLength(4)
    const [first, second] = listed.map(({ id }) => id)
    expect((await here(`sessions list ada ${app}`)).stdout).toMatch(
      /^SESSION +OPENED +[^]*(now|ago) +in \d+ /,
    )

    const ended = (text: string) => ({ code: 0, stdout: `${text} ended.\n`, stderr: '' })
    expect(await here(`sessions revoke ${first} ${app}`)).toEqual(ended('1 session was'))
    expect(await here(`sessions revoke ${first} ${app}`)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/^There is no such session, or it has ended\./),
    })
    expect(await here(`sessions revoke --all ada --except ${second} ${app}`)).toEqual(
      ended('2 sessions were'),
    )
    expect(await here(`sessions revoke --all ada ${app}`)).toEqual(ended('1 session was'))
    expect(await here(`token verify ${app}`, token)).toMatchObject({ code: 1 })
  })

  it('lists the dates and the metadata of a session, and lets none of it write to the terminal', async () => {
    const inWords = await here(`sessions list ada ${from('ListedModule')}`)
    expect(inWords.stdout.split('\n').map((line) => line.split(/ {2,}/))).toEqual([
      ['SESSION', 'OPENED', 'LAST USED', 'EXPIRES', 'METADATA'],
      ['a-session', '3 days ago', '2 hours ago', 'in 5 days', String.raw`{"device":"\u009b31m\u202e"}`],
      [''],
    ])
    const asJson = await here(`sessions list ada --json ${from('ListedModule')}`)
    expect(JSON.parse(asJson.stdout)).toMatchObject([{ metadata: { device: '\u009B31m\u202E' } }])
    expect(asJson.stdout).toMatch(/^ {4}"id": "a-session",$/m)
    expect(asJson.stdout).not.toMatch(/[^\P{Cc}\n]|\p{Cf}/u)
  })

  it('lists, announces and revokes keys', async () => {
    const app = from('RotatingModule')
    const listed: { kid: string; state: string }[] = JSON.parse(
      (await here(`keys list --json ${app}`)).stdout,
    )
    expect(listed).toMatchObject([{ state: 'signing' }])
    const dayOf = (date: string) => describeTime(Date.parse(date), Date.now()).slice(0, 10)
    const announced = JSON.parse((await here(`keys rotate --json ${app}`)).stdout)
    expect((await here(`keys list ${app}`)).stdout).toMatch(
      new RegExp(` announced +[^\\n]*signs from ${dayOf(announced.signsFrom)} `),
    )
    expect((await here(`keys rotate ${app}`)).stdout).toMatch(/^KID +[^]* announced +[^]*signs from /)
    const next = JSON.parse((await here(`keys rotate --immediately --json ${app}`)).stdout)
    expect(next).toMatchObject({ state: 'signing' })
    expect((await here(`keys list ${app}`)).stdout).toMatch(
      new RegExp(` signing +[^\\n]*signs until ${dayOf(next.signsUntil)} `),
    )
    expect(new Set([announced.signsFrom, announced.signsUntil].map(dayOf)).size).toBe(2)

    // A kid may begin with a hyphen.
    expect(await here(`keys revoke ${app} -- ${next.kid}`)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^The key is revoked\./),
    })
    expect(await here(`keys revoke ${app} -- -${next.kid}`)).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^There is no key of that name\./),
    })
  })

  it('lists and revokes the keys that cannot be decrypted, and then starts', async () => {
    const [sealed, lost] = [from('SealedModule'), from('LostSecretModule')]
    await here(`keys rotate --immediately ${sealed}`)
    expect(await here(`keys rotate ${lost}`)).toMatchObject(
      failed(/cannot be decrypted[^]* remove this key with `nest-jwt-auth keys revoke`/),
    )
    const listed: { kid: string }[] = JSON.parse((await here(`keys list --json ${lost}`)).stdout)
    expect(listed).toHaveLength(2)
    for (const { kid } of listed)
      expect(await here(`keys revoke ${lost} -- ${kid}`)).toMatchObject({ code: 0 })
    expect(await here(`keys rotate ${lost}`)).toMatchObject({ code: 0 })
  })
})

describe('token mint with a secret', () => {
  const secret = 'q7Vd2mXw9LbTz4KsRy8HnCfJ5pGu3EaW_fM6sZ1oUvD0tQxB-jNhYkAiEr7cWl4P'
  const mint = (args: string[], env = {}) =>
    call(['token', 'mint', ...args], { env: { JWT_SECRET: secret, ...env }, input: `${secret}\n` })

  it.each(['HS256', 'HS512'] as const)(
    'makes a token that an app with this %s secret accepts',
    async (algorithm) => {
      const args = [
        'ada',
        '--algorithm',
        algorithm,
        '--claims',
        '{"role":"admin"}',
        '--issuer',
        'https://a.example',
      ]
      await write('secret.txt', `${secret}\n`)
      const [byName, byInput, byFile] = await Promise.all([
        mint([...args, '--audience', 'shop', '--expires-in', '1h', '--secret-env', 'JWT_SECRET']),
        mint([...args, '--audience', 'shop', '--secret-file', '-']),
        mint([...args, '--audience', 'shop', '--secret-file', 'secret.txt']),
      ])
      const options = { keys: [{ algorithm, secret }], issuer: 'https://a.example', audience: 'shop' }
      const module = await startModule({ imports: [JwtAuthModule.forRoot(options)] })
      const verify = (token: string) => module.get(TokenService).verify(token.trim())

      const { claims } = await verify(byName.stdout)
      expect(claims).toMatchObject({ sub: 'ada', role: 'admin', aud: 'shop' })
      expect((claims.exp ?? 0) - (claims.iat ?? 0)).toBe(3600)
      for (const { stdout } of [byInput, byFile])
        expect((await verify(stdout)).claims).toMatchObject({ sub: 'ada' })
      await module.close()
      const verified = await call(
        ['token', 'verify', '--algorithm', algorithm, '--secret-env', 'JWT_SECRET'],
        {
          env: { JWT_SECRET: secret },
          input: byName.stdout,
        },
      )
      expect(verified).toMatchObject({ code: 0 })
    },
  )

  it.each([
    [['ada', '--secret-env', 'JWT_SECRET'], { NODE_ENV: 'production' }, /NODE_ENV is production/],
    [['--secret-env', 'JWT_SECRET'], {}, /Name the subject/],
    [['ada', '--secret-env', 'JWT_SECRET', '--claims', 'role=admin'], {}, /must be a JSON object/],
    [['ada', '--secret-env', 'JWT_SECRET', '--claims', '{"exp":1}'], {}, /must not set exp/],
    [['ada', '--secret-env', 'JWT_SECRET', '--expires-in', '60'], {}, /a whole number with a unit/],
    [['ada', '--secret-env', 'JWT_SECRET', '--env-file', '.env.production'], {}, /--env-file is for the app/],
    [['ada', '--secret-env', 'ONLY_THERE', '--env-file', '.env'], {}, /--env-file is for the app/],
    [['ada', '--secret-env', 'JWT_SECRET', '--session'], {}, /--session needs the app/],
    [['ada', '--secret-env', 'JWT_SECRET', '--app', 'a.js'], {}, /Give either --app or a secret/],
    [['ada', '--issuer', 'x'], {}, /--issuer goes with a secret/],
    [['ada', '--algorithm', 'HS256'], {}, /--algorithm goes with a secret/],
    [['ada'], {}, /no app\.module\.js in dist\./],
    [['a'.repeat(256), '--secret-env', 'JWT_SECRET'], {}, /Name the subject, in 1 to 255 characters/],
    [['', '--secret-env', 'JWT_SECRET'], {}, /Name the subject, in 1 to 255 characters/],
    [['ada', '--secret-env', 'JWT_SECRET', '--claims', '[]'], {}, /must be a JSON object/],
    [['ada', '--secret-env', 'JWT_SECRET', '--claims', 'null'], {}, /must be a JSON object/],
    [['ada', '--secret-env', 'JWT_SECRET', '--expires-in', '0s'], {}, /a whole number with a unit/],
    [['ada', '--secret-env', 'JWT_SECRET', '--secret-file', '-'], {}, /either --secret-env or --secret-file/],
    [['ada', '--secret-env', 'JWT_SECRET'], { JWT_SECRET: '' }, /that --secret-env names is empty/],
  ])('refuses %j with %j', async (args, env, message) => {
    const outcome = await mint(args, env)
    expect(outcome).toMatchObject(failed(message))
    expect(outcome.stderr).not.toContain(secret)
  })

  const wrapped = (text: string, times: number): string =>
    times === 0 ? text : wrapped(Buffer.from(text).toString('base64'), times - 1)
  const pointBytes = Buffer.alloc(65, 7).fill(4, 0, 1)

  it.each([
    ['begins as DER does', `0${secret.slice(1)}`],
    ['begins as an EC point does', pointBytes.toString('latin1')],
    ['is an EC point on no curve, in base64', pointBytes.toString('base64')],
    ['was encoded more often than a key is', wrapped(secret, 5)],
  ])('takes a secret that %s', async (_what, value) => {
    const minted = await mint(['ada', '--secret-env', 'OTHER'], { OTHER: value })
    expect(minted).toMatchObject({ code: 0, stderr: '' })
    const verified = await call(['token', 'verify', '--secret-env', 'OTHER'], {
      env: { OTHER: value },
      input: minted.stdout,
    })
    expect(verified).toMatchObject({ code: 0, stderr: 'The secret accepts it.\n' })
  })

  it('takes no EC point on a curve for a secret', async () => {
    const { x = '', y = '' } = generateKeyPairSync('ec', { namedCurve: 'P-256' }).publicKey.export({
      format: 'jwk',
    })
    const parts = [Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]
    const outcome = await mint(['ada', '--secret-env', 'OTHER'], {
      OTHER: Buffer.concat(parts).toString('hex'),
    })
    expect(outcome).toMatchObject(failed(/is the text of an asymmetric key/))
  })

  it('refuses claims that are nested too deeply to be written', async () => {
    const outcome = await mint(['ada', '--secret-env', 'JWT_SECRET', '--claims', nested(20_000)])
    expect(outcome).toMatchObject(failed(/at most 32 levels/))
  })
})
