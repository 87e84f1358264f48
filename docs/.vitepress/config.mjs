import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitepress'
import { pagesInOrder } from './navigation.mjs'

const root = fileURLToPath(new URL('../../', import.meta.url))
const docs = join(root, 'docs')
const { repository, description } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const sources = repository.url.replace(/^git\+|\.git$/g, '')

const titleOf = (page) =>
  /^# (.+)$/m.exec(readFileSync(join(docs, `${page}.md`), 'utf8'))[1].replaceAll('`', '')

export default defineConfig({
  title: 'nest-jwt-auth',
  description,
  lang: 'en',
  head: [['link', { rel: 'icon', href: 'data:,' }]],
  cleanUrls: true,
  vite: { build: { chunkSizeWarningLimit: 2000 } },
  cacheDir: join(root, 'node_modules/.cache/vitepress'),
  themeConfig: {
    nav: [
      { text: 'Guide', link: '/quick-start' },
      { text: 'API', link: '/api/' },
      { text: 'Source', link: sources },
    ],
    sidebar: [
      ...pagesInOrder.map(({ text, pages }) => ({
        text,
        collapsed: false,
        items: pages.map((page) => ({ text: titleOf(page), link: `/${page}` })),
      })),
      { text: 'API', items: [{ text: 'Packages and their exports', link: '/api/' }] },
    ],
    outline: [2, 3],
    search: {
      provider: 'local',
      // The pages that explain a word come before the many of the API that mention it.
      options: {
        miniSearch: { searchOptions: { boostDocument: (id) => (id.startsWith('/api/') ? 0.1 : 1) } },
      },
    },
  },
  markdown: {
    anchor: { slugify: asOnGitHub },
    config: (markdown) => {
      markdown.core.ruler.push('sources', toSources)
      markdown.options.highlight = once(markdown.options.highlight)
    },
  },
})

const highlighted = new Map()

/** Highlights a block of code once, though both its page and the search index render it. */
function once(highlight) {
  return (...block) => {
    const key = JSON.stringify(block)
    if (!highlighted.has(key)) highlighted.set(key, highlight(...block))
    return highlighted.get(key)
  }
}

/** A page's links to files outside of `docs/` lead to the repository. */
function toSources({ tokens, env }) {
  const links = tokens.flatMap(({ children }) => children ?? []).filter(({ type }) => type === 'link_open')
  for (const link of links) {
    const [path, anchor] = link.attrGet('href').split('#')
    const file = join(dirname(env.path), path)
    const place = relative(root, file).replaceAll('\\', '/')
    if (/^[a-z]+:|^\/|^$/.test(path) || !path.startsWith('.') || place.startsWith('docs/')) continue
    if (!existsSync(file)) throw new Error(`${env.relativePath}: ${path} does not exist`)
    link.attrSet('href', `${sources}/blob/main/${place}${anchor === undefined ? '' : `#${anchor}`}`)
  }
}

/** The anchor of a heading, as GitHub makes it, so that links work in both places. */
function asOnGitHub(heading) {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-')
}
