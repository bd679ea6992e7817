import { existsSync } from 'node:fs'
import { join, posix } from 'node:path'
import { expect, it } from 'vitest'
import { anchorsOf, checkout, codeSpans, documents, readPage } from './markdown.ts'

const links = documents.flatMap((path) =>
  readPage(path).prose.flatMap((line, index) =>
    [...line.matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, target = '']) =>
      /^[a-z]+:/.test(target) ? [] : [[`${path}:${index + 1}`, target, path] as const],
    ),
  ),
)

it.each(links)('%s: the link to %s leads somewhere', (_place, target, path) => {
  const [file = '', anchor] = target.split('#')
  const found = file === '' ? path : posix.join(posix.dirname(path), file)
  expect(existsSync(join(checkout, found)), `${found} is not there`).toBe(true)
  if (anchor !== undefined) expect(anchorsOf(found)).toContain(anchor)
})

it('reaches every page of docs/ from docs/README.md', () => {
  const reached = links.flatMap(([, target, path]) => (path === 'docs/README.md' ? [posix.join('docs', target)] : []))
  const pages = documents.filter((path) => path.startsWith('docs/') && path !== 'docs/README.md')
  expect(pages.filter((page) => !reached.includes(page))).toEqual([])
})

const firstFolders = 'packages|services|docs|schemas|e2e|conformance|tools|infra|peers|bench|patches'
const paths = documents
  .filter((path) => !/^(packages|services)\//.test(path))
  .flatMap((path) =>
    codeSpans(path).flatMap(({ text, line }) =>
      new RegExp(`^(${firstFolders})/[\\w@./-]*$`).test(text) ? [[`${path}:${line}`, text] as const] : [],
    ),
  )

it.each(paths)('%s: %s is there', (_place, path) => {
  // How to add an event names the file that the reader will write.
  expect(existsSync(join(checkout, path)) || path === 'schemas/loyalty/points-earned/v1.avsc').toBe(true)
})
