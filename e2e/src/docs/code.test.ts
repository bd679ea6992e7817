import { expect, it } from 'vitest'
import { documents, readPage, textOf } from './markdown.ts'

// Code in the pages we hand to readers is quoted: behind the language stands the file it is from, which is compiled, and run
// where it is a test. READMEs of packages show fragments and are left to their owners.
const quoted = documents
  .filter((path) => !/^(packages|services|schemas|patches)\//.test(path))
  .flatMap((path) =>
    readPage(path)
      .fences.filter(({ info }) => /^(ts|typescript|json|sql|js)\b/.test(info))
      .map((fence) => [`${path}:${fence.line}`, fence.info.split(' ')[1], fence.text] as const),
  )

it.each(quoted)('%s quotes %s word for word', (_place, file, text) => {
  expect(file, 'say the file behind the language').toBeDefined()
  expect(textOf(file ?? '')).toContain(text)
})

it('quotes at least an event, a consumer and its test', () => {
  expect(new Set(quoted.map(([, file]) => file)).size).toBeGreaterThanOrEqual(3)
})
