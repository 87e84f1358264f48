/** A line for each pair of Node and Nest. `guarded`, `with context`: the share that is left of the unguarded requests. */
export function tableOf(cells) {
  const columns = ['Node', 'Nest', 'passed', 'failed', 'skipped', 'seconds', 'guarded', 'with context']
  const rows = cells.map((cell) => [
    ...[cell.node, cell.nest, cell.passed, cell.failed, cell.skipped, cell.seconds].map(String),
    ...[cell.guarded, cell.withContext].map((share) => share.toFixed(2)),
  ])
  return [columns, ...rows].map((row) => row.map((text) => text.padStart(14)).join(''))
}

export function failuresOf(cells) {
  return cells.flatMap(({ node, nest, failures }) =>
    failures.map((failure) => `Node ${node}, Nest ${nest}: ${failure}`),
  )
}

/** Totals, and for each Node the range of its figures over the versions of Nest. */
export function evidenceOf(cells) {
  const total = (name) => cells.reduce((sum, cell) => sum + cell[name], 0)
  const nodes = [...new Set(cells.map(({ node }) => node))]
  const rangeOf = (node, name) => {
    const shares = cells.filter((cell) => cell.node === node).map((cell) => cell[name].toFixed(2))
    const [least, ...rest] = shares.toSorted()
    return rest.length === 0 || rest.at(-1) === least ? least : `${least} to ${rest.at(-1)}`
  }
  const byNode = (name) => Object.fromEntries(nodes.map((node) => [node, rangeOf(node, name)]))
  return {
    passed: total('passed'),
    failed: total('failed'),
    cells: cells.length,
    nest: [...new Set(cells.map(({ nest }) => nest))],
    guarded: byNode('guarded'),
    withContext: byNode('withContext'),
  }
}
