import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** The links of a built site that lead to no file or to no heading of it: `page → target`. Leaves other sites alone. */
export function deadLinks(site, base = '/') {
  const files = new Set(readdirSync(site, { recursive: true }).map((file) => file.replaceAll('\\', '/')))
  const pages = [...files].filter((file) => file.endsWith('.html'))
  const htmlOf = new Map(pages.map((page) => [page, readFileSync(join(site, page), 'utf8')]))
  const idsOf = new Map([...htmlOf].map(([page, html]) => [page, new Set(attributes(html, 'id'))]))
  return pages.flatMap((page) =>
    [...attributes(htmlOf.get(page), 'href'), ...attributes(htmlOf.get(page), 'src')]
      .filter((target) => !/^([a-z][a-z+.-]*:|\/\/)/i.test(target) && !leadsSomewhere(target, page))
      .map((target) => `${page} → ${target}`),
  )

  function leadsSomewhere(target, page) {
    const { pathname, hash } = new URL(target, `http://site${base}${page}`)
    const path = decodeURIComponent(posix.relative(base, pathname)) || 'index.html'
    const file = [path, `${path}.html`, posix.join(path, 'index.html')].find((name) => files.has(name))
    if (file === undefined) return false
    return hash === '' || !idsOf.has(file) || idsOf.get(file).has(decodeURIComponent(hash.slice(1)))
  }
}

function* attributes(html, name) {
  for (const [, value] of html.matchAll(new RegExp(`\\s${name}="([^"]*)"`, 'g'))) {
    yield value.replaceAll('&amp;', '&')
  }
}
