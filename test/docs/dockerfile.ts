import { spawn, type ChildProcess } from 'node:child_process'
import { cp, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { childEnvironment, run } from '../support/run.js'

/** What the last stage of a Dockerfile says about its container. */
export interface Image {
  root: string
  workdir: string
  env: Record<string, string>
  user: string | undefined
  command: string[]
  healthCheck: string
}

/** Carries out the steps of a Dockerfile without a container: each stage is a folder below `base`. */
export async function buildImage(dockerfile: string, context: string, base: string): Promise<Image> {
  const stages = new Map<string, string>()
  let image: Image | undefined
  for (const step of dockerfile.replaceAll('\\\n', ' ').split('\n')) {
    const [, instruction = '', rest = ''] = /^([A-Z]+) +(.*)$/.exec(step) ?? []
    if (instruction === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'last'
      const root = join(base, name)
      await mkdir(root, { recursive: true })
      stages.set(name, root)
      image = { root, workdir: '/', env: {}, user: undefined, command: [], healthCheck: '' }
    } else if (image && instruction) await carryOut(image, instruction, rest, { context, stages })
  }
  if (!image) throw new Error('The Dockerfile has no stage.')
  return image
}

interface Build {
  context: string
  stages: Map<string, string>
}

async function carryOut(image: Image, instruction: string, rest: string, build: Build): Promise<void> {
  const here = join(image.root, image.workdir)
  if (instruction === 'WORKDIR') {
    image.workdir = rest
    await mkdir(join(image.root, rest), { recursive: true })
  } else if (instruction === 'RUN') await run('sh', ['-c', rest], here, image.env)
  else if (instruction === 'COPY') await copy(here, rest, build)
  else if (instruction === 'ENV') {
    const [name = '', value = ''] = rest.split('=')
    image.env[name] = value
  } else if (instruction === 'USER') image.user = rest
  else if (instruction === 'CMD') image.command = JSON.parse(rest) as string[]
  else if (instruction === 'HEALTHCHECK') image.healthCheck = rest.split(/\bCMD /)[1] ?? ''
  else if (instruction !== 'EXPOSE') throw new Error(`${instruction} is not known here.`)
}

async function copy(here: string, rest: string, { context, stages }: Build): Promise<void> {
  const [, stage, paths = ''] = /^(?:--from=(\w+) )?(.*)$/.exec(rest) ?? []
  const from = stage === undefined ? context : (stages.get(stage) ?? '')
  const [target = '', ...sources] = paths.split(' ').toReversed()
  for (const source of sources) {
    const name = source.split('/').at(-1) ?? ''
    const to = target === './' ? join(here, name) : join(here, target)
    await mkdir(dirname(to), { recursive: true })
    await cp(join(from, source), to, { recursive: true, verbatimSymlinks: true })
  }
}

/** Someone without rights, where the tests themselves run as root. */
const NOBODY = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/** Starts what the image starts, as its user: not as root. */
export function startImage(image: Image, env: Record<string, string>): ChildProcess {
  const [program = '', ...args] = image.command
  return spawn(program === 'node' ? process.execPath : program, args, {
    cwd: join(image.root, image.workdir),
    env: { ...childEnvironment, ...image.env, ...env },
    ...NOBODY,
  })
}
