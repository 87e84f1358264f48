import { Node, type SourceFile, ts } from 'ts-morph'
import { type ImportChange, rewriteImports, usedNames } from './rewrite-imports.js'
import { declarationsOf } from './symbols.js'

interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** A file before and after; `after` is `undefined` where nothing is left of it. */
export interface ChangedFile {
  readonly path: string
  readonly before: string
  readonly after: string | undefined
}

/** Collects what is written anew, by positions in the sources as they are, and writes it all together. */
export class SourceEdits {
  private readonly edits = new Map<SourceFile, Edit[]>()
  private readonly imports = new Map<SourceFile, ImportChange>()
  private readonly lines = new Map<string, (position: number) => number>()

  replace(node: Node, text: string): void {
    this.add(node.getSourceFile(), { start: node.getStart(), end: node.getEnd(), text })
  }

  insert(file: SourceFile, position: number, text: string): void {
    this.add(file, { start: position, end: position, text })
  }

  /** Removes a statement or a member of a class, with the comments and the empty lines before it. */
  remove(node: Node): void {
    const text = node.getSourceFile().getFullText()
    const start = node.getPos()
    const isFirst = start === 0 || text[start - 1] === '{'
    const gap = isFirst ? (/^(?:\r?\n)+(?=\r?\n)/.exec(text.slice(node.getEnd()))?.[0].length ?? 0) : 0
    this.add(node.getSourceFile(), { start, end: node.getEnd() + gap, text: '' })
  }

  /** Removes an element of a list, with its comma. */
  removeElement(node: Node): void {
    const next = node.getNextSiblingIfKind(ts.SyntaxKind.CommaToken)
    const previous = node.getPreviousSiblingIfKind(ts.SyntaxKind.CommaToken)
    const following = next?.getNextSibling()
    let [start, end] = [node.getPos(), next?.getEnd() ?? node.getEnd()]
    if (next === undefined && previous !== undefined) start = previous.getStart()
    else if (previous === undefined && following !== undefined && !following.getFullText().startsWith('\n'))
      [start, end] = [node.getStart(), following.getStart()]
    this.add(node.getSourceFile(), { start, end, text: '' })
  }

  /** `name` may be `X as Y`. */
  addImport(file: SourceFile, module: string, name: string, { type = false } = {}): void {
    this.importsOf(file).added.push({ module, name, type })
  }

  /**
   * Imports a name, under another one where the file has that name for what is none of `gone`. Returns how it is written
   * in this file.
   */
  importAs(file: SourceFile, module: string, name: string, gone: readonly Node[]): string {
    const isTaken = file.getDescendantsOfKind(ts.SyntaxKind.Identifier).some((node) => {
      if (node.getText() !== name) return false
      const parent = node.getParent()
      const isMember = Node.isPropertyAccessExpression(parent) && parent.getNameNode() === node
      return !isMember && !declarationsOf(node).some((one) => gone.includes(one))
    })
    this.addImport(file, module, isTaken ? `${name} as Core${name}` : name)
    return isTaken ? `Core${name}` : name
  }

  /** Drops what is imported here under this name, so that another thing can have it. */
  dropImport(file: SourceFile, name: string): void {
    this.importsOf(file).dropped.add(name)
  }

  /** Changes the sources in memory, imports included. A file of which nothing is left is removed. */
  apply(): ChangedFile[] {
    const files = [...new Set([...this.edits.keys(), ...this.imports.keys()])]
    // An empty file is no module, so what exports from it is looked up before.
    const barrels = barrelsOf(files[0]?.getProject().getSourceFiles() ?? [])
    const changed = files.map((file) => {
      const before = file.getFullText()
      const names = usedNames(file)
      const edits = this.edits.get(file) ?? []
      const edited = withEdits(before, edits)
      file.replaceWithText(edited)
      const after = rewriteImports(file, names, this.importsOf(file))
      const imports = lineCount(after) - lineCount(edited)
      this.lines.set(file.getFilePath(), (position) => imports + lineIn(before, edits, position))
      return { file, before }
    })
    const texts = new Map(changed.map(({ file, before }) => [file, before]))
    for (const { file } of changed) if (isEmpty(file)) dropExports(file, barrels, texts)
    return [...texts].flatMap(([file, before]) => {
      const [path, after] = [file.getFilePath(), isEmpty(file) ? undefined : file.getFullText()]
      if (after === undefined) file.forget()
      return after === before ? [] : [{ path, before, after }]
    })
  }

  /** The line that a position of a source is on now. */
  lineOf(path: string, position: number): number | undefined {
    return this.lines.get(path)?.(position)
  }

  private add(file: SourceFile, edit: Edit): void {
    const edits = this.edits.get(file) ?? []
    const isKnown = edits.some(
      ({ start, end, text }) => start === edit.start && end === edit.end && text === edit.text,
    )
    if (!isKnown) this.edits.set(file, [...edits, edit])
  }

  private importsOf(file: SourceFile): ImportChange {
    const change = this.imports.get(file) ?? { added: [], dropped: new Set<string>() }
    this.imports.set(file, change)
    return change
  }
}

const isEmpty = (file: SourceFile) => file.getStatements().every((one) => Node.isImportDeclaration(one))

/** Where a file exports from another one, and how it writes that. */
interface Barrel {
  readonly file: SourceFile
  readonly from: SourceFile | undefined
  readonly specifier: string | undefined
}

function barrelsOf(files: readonly SourceFile[]): Barrel[] {
  return files.flatMap((file) =>
    file.getExportDeclarations().map((one) => ({
      file,
      from: one.getModuleSpecifierSourceFile(),
      specifier: one.getModuleSpecifierValue(),
    })),
  )
}

/** Other files must not export from one that is removed. A barrel that exported nothing else is removed with it. */
function dropExports(gone: SourceFile, barrels: readonly Barrel[], texts: Map<SourceFile, string>): void {
  for (const { file, from, specifier } of barrels) {
    if (from !== gone) continue
    if (!texts.has(file)) texts.set(file, file.getFullText())
    const exports = file.getExportDeclarations()
    for (const one of exports) if (one.getModuleSpecifierValue() === specifier) one.remove()
    if (isEmpty(file)) dropExports(file, barrels, texts)
  }
}

/** An edit inside of another one is part of it already; removals that overlap become one. */
function withEdits(text: string, edits: readonly Edit[]): string {
  const sorted = edits.toSorted(
    (one, other) => one.start - other.start || isInsert(other) - isInsert(one) || other.end - one.end,
  )
  let result = ''
  let position = 0
  for (const { start, end, text: replacement } of sorted) {
    if (end < position || (end === position && start < position)) continue
    result += text.slice(position, Math.max(start, position)) + replacement
    position = Math.max(end, position)
  }
  return result + text.slice(position)
}

const isInsert = ({ start, end }: Edit) => Number(start === end)

const lineCount = (text: string) => text.split('\n').length

const lineIn = (text: string, edits: readonly Edit[], position: number) =>
  lineCount(
    withEdits(
      text.slice(0, position),
      edits.filter(({ start, end }) => start < position && end <= position),
    ),
  )
