import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { workspaceRoot } from '../support/run.js'

export interface KeptInput {
  readonly name: string
  readonly input: Buffer
}

/** The inputs that are kept for one target: one a file, so that a change of one is a change of one file. */
export class Corpus {
  private readonly folder: string

  constructor(target: string) {
    this.folder = join(workspaceRoot, 'test/fuzz/corpus', target)
    mkdirSync(this.folder, { recursive: true })
  }

  read(): KeptInput[] {
    return readdirSync(this.folder)
      .toSorted()
      .map((name) => ({ name, input: readFileSync(join(this.folder, name)) }))
  }

  /** Keeps an input that showed a fault: `npm test` fails until the fault is repaired. */
  addFault(input: Buffer): string {
    const name = `fault-${hashOf(input)}`
    writeFileSync(join(this.folder, name), input)
    return name
  }

  /** Replaces what a machine has found. What has a name of its own stays. */
  replaceFound(inputs: readonly Buffer[]): void {
    const found = new Map(inputs.map((input) => [hashOf(input), input]))
    for (const { name } of this.read()) {
      if (/^[\da-f]{10}$/.test(name) && !found.has(name)) rmSync(join(this.folder, name))
    }
    for (const [name, input] of found) writeFileSync(join(this.folder, name), input)
  }
}

const hashOf = (input: Buffer): string => createHash('sha256').update(input).digest('hex').slice(0, 10)
