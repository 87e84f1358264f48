import { relative, sep } from 'node:path'
import type { Node } from 'ts-morph'

/** `blocks`: nothing can be rewritten before it is done. `todo`: before the app is deployed. `may`: it works as it is. */
export type Urgency = 'blocks' | 'todo' | 'may'

interface Item {
  readonly urgency: Urgency
  readonly place: string | Place
  readonly what: string
  readonly write: string
}

/** The first line of the list. */
export const LIST_TITLE = '# The move to @nest-jwt-auth/core'

/** What the command leaves to a person: where it is, what it is, and what to write. */
export class Rest {
  private readonly items: Item[] = []

  constructor(private readonly root: string) {}

  get isBlocked(): boolean {
    return this.items.some(({ urgency }) => urgency === 'blocks')
  }

  get size(): number {
    return this.items.length
  }

  add(urgency: Urgency, at: Node | string, what: string, write: string): void {
    const place = typeof at === 'string' ? at : placeOf(at)
    this.items.push({ urgency, place, what, write })
  }

  /** The list as Markdown. `lineNow` tells the line of a position in a source that has been changed. */
  toMarkdown(lineNow: (path: string, position: number) => number | undefined): string {
    const show = (place: string | Place) =>
      typeof place === 'string'
        ? place
        : `${relative(this.root, place.path).split(sep).join('/')}:${lineNow(place.path, place.position) ?? place.line}`
    const lines = [LIST_TITLE, '']
    for (const [urgency, title] of Object.entries(TITLES)) {
      const items = this.items.filter((item) => item.urgency === urgency)
      const texts = new Set(items.map(({ what, write }) => `${what} ${write}`))
      const shown = [...texts].map((text) => {
        const places = items
          .filter(({ what, write }) => `${what} ${write}` === text)
          .map(({ place }) => show(place))
        return `- [ ] ${[...new Set(places)].map((place) => `**${place}**`).join(', ')}: ${text}`
      })
      if (items.length > 0) lines.push(`## ${title}`, '', ...shown, '')
    }
    return lines.join('\n')
  }
}

interface Place {
  readonly path: string
  readonly position: number
  readonly line: number
}

const placeOf = (node: Node): Place => ({
  path: node.getSourceFile().getFilePath(),
  position: node.getStart(),
  line: node.getStartLineNumber(),
})

const TITLES: Readonly<Record<Urgency, string>> = {
  blocks: 'Before anything can be rewritten',
  todo: 'By hand, before you deploy',
  may: 'Works as it is, and can be shorter',
}
