/** Rows as lines of text: every column as wide as its widest cell, columns that are empty left out. */
export function tableOf(headings: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const used = headings.flatMap((_heading, column) => (rows.some((row) => row[column]) ? [column] : []))
  const lines = [headings, ...rows].map((row) => used.map((column) => row[column] ?? ''))
  const widths = used.map((_column, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)))
  return lines.map((line) => line.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('  ').trimEnd()) // prettier-ignore
}
