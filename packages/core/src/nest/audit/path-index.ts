interface Node {
  readonly literals: Map<string, Node>
  /** Of segments with a name or a wildcard. */
  readonly patterns: Map<string, Node>
  readonly ends: number[]
}

/** Finds the paths that one URL can match together with a given path, without comparing it with each. */
export class PathIndex {
  private readonly root = emptyNode()

  add(path: string, value: number): void {
    for (const segments of segmentsOf(path)) {
      let node = this.root
      for (const segment of segments) {
        const children = isPattern(segment) ? node.patterns : node.literals
        const next = children.get(segment) ?? emptyNode()
        children.set(segment, next)
        node = next
      }
      node.ends.push(value)
    }
  }

  /** The values of the paths that meet this one, in ascending order. */
  meeting(path: string): number[] {
    const found = new Set<number>()
    for (const segments of segmentsOf(path)) collect(this.root, segments, 0, found)
    return [...found].toSorted((one, two) => one - two)
  }
}

function emptyNode(): Node {
  return { literals: new Map(), patterns: new Map(), ends: [] }
}

function collect(node: Node, segments: readonly string[], at: number, found: Set<number>): void {
  const segment = segments[at]
  if (segment === undefined) {
    for (const value of node.ends) found.add(value)
    return
  }
  const literal = node.literals.get(segment)
  const literals = isPattern(segment)
    ? node.literals
    : literal === undefined
      ? []
      : [[segment, literal] as const]
  for (const [other, child] of [...literals, ...node.patterns]) {
    // A wildcard takes one segment or more.
    if (segment.includes('*') || other.includes('*')) collectAll(child, found)
    else if (segmentsMeet(segment, other)) collect(child, segments, at + 1, found)
  }
}

function collectAll(node: Node, found: Set<number>): void {
  for (const value of node.ends) found.add(value)
  for (const children of [node.literals, node.patterns]) {
    for (const child of children.values()) collectAll(child, found)
  }
}

/** As Express compares paths: without case, and with and without the parts that may be left out. */
function segmentsOf(path: string): string[][] {
  return variants(path.toLowerCase()).map((variant) => variant.split('/').filter((segment) => segment !== ''))
}

/** `/files{/:name}` is `/files/:name` and `/files`. The innermost parts are resolved first. */
function variants(path: string): string[] {
  const group = /\{([^{}]*)\}/.exec(path)
  if (group === null) return [path]
  const [before, after] = [path.slice(0, group.index), path.slice(group.index + group[0].length)]
  return [...variants(before + (group[1] ?? '') + after), ...variants(before + after)]
}

function isPattern(segment: string): boolean {
  return segment.includes(':') || segment.includes('*')
}

function segmentsMeet(one: string, two: string): boolean {
  if (one === two || (isPattern(one) && isPattern(two))) return true
  return isPattern(one) ? patternOf(one).test(two) : patternOf(two).test(one)
}

/** `:from-:to` takes any characters for each name. */
function patternOf(segment: string): RegExp {
  const literal = segment.split(/:(?:[\w$]+|"[^"]*")/).map((part) => part.replaceAll(/[^\w]/g, '\\$&'))
  return new RegExp(`^${literal.join('.+')}$`)
}
