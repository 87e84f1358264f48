import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The index of the pages for language models, as https://llmstxt.org asks: title, summary, a link for each page. */
export function llmsText(docs, groups) {
  const lines = groups.flatMap(({ text, pages }) => [
    '',
    `## ${text}`,
    '',
    ...pages.map((page) => {
      const { title, summary } = opening(readFileSync(join(docs, `${page}.md`), 'utf8'))
      return `- [${title}](${page}.md): ${summary}`
    }),
  ])
  const { title, summary } = opening(readFileSync(join(docs, '../README.md'), 'utf8'))
  return [`# ${title}`, '', `> ${summary}`, ...lines, ''].join('\n')
}

/** The heading of a page, and the first sentence of its first paragraph, as plain text. */
function opening(markdown) {
  const title = /^# (.+)$/m.exec(markdown)[1]
  const prose = markdown.replaceAll(/^```[^]*?^```$/gm, '').split(/\n{2,}/)
  const paragraph = prose.find((block) => /^[\p{L}[`*]/u.test(block.trim())) ?? ''
  const plain = paragraph
    .trim()
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/\[([^\]]*)\]\([^)]*\)/g, '$1')
  return { title, summary: /^.*?[.:](?=\s|$)/.exec(plain)?.[0].replace(/:$/, '.') ?? plain }
}
