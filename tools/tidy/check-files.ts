import { emptyNames, exemptFromLength, isFoundByRunner, sourceLinesMax, testLinesMax } from './house.ts'
import { type Finding, isTest, type SourceFile } from './source-file.ts'

/** Length, names, tests that no runner would find, and markers of unfinished work. */
export const checkFiles = (files: readonly SourceFile[]): readonly Finding[] =>
  files.flatMap((file) => [...lengthOf(file), ...namesOf(file), ...orphanOf(file), ...markersOf(file)])

const lengthOf = ({ path, text }: SourceFile): readonly Finding[] => {
  if (exemptFromLength.test(path)) return []
  const lines = text.trimEnd().split('\n').length
  const most = isTest(path) ? testLinesMax : sourceLinesMax
  return lines <= most
    ? []
    : [
        {
          path,
          line: most + 1,
          rule: `${lines} lines, at most ${most}`,
          remedy: 'find its two jobs and give each a file',
        },
      ]
}

const namesOf = ({ path }: SourceFile): readonly Finding[] =>
  path
    .replace(/(\.(int|e2e|test|data))*\.ts$/, '')
    .split('/')
    .filter((part) => emptyNames.test(part))
    .map((part) => ({ path, line: 1, rule: `the name "${part}" says nothing`, remedy: 'name it after what it holds' }))

const orphanOf = ({ path, text }: SourceFile): readonly Finding[] => {
  const holdsTests = /^import .* from 'vitest'$/m.test(text) && /^\s*(describe|it|test)(\.\w+)*\(/m.test(text)
  const isSuite = path.startsWith('conformance/')
  if ((!holdsTests && !path.endsWith('.test.ts')) || isFoundByRunner(path) || isSuite) return []
  return [
    {
      path,
      line: 1,
      rule: 'a test that no runner finds',
      remedy: 'name it x.test.ts, x.int.test.ts or x.e2e.test.ts where vitest.config.ts looks',
    },
  ]
}

// Put together here, so that this file does not find itself.
const markers = new RegExp(
  `\\b(${['TO', 'FIX'].map((start) => start + (start === 'TO' ? 'DO' : 'ME')).join('|')})\\b|\\b(it|test|describe)\\.(only|todo)\\b`,
)

const markersOf = ({ path, text }: SourceFile): readonly Finding[] =>
  text
    .split('\n')
    .flatMap((content, index) =>
      markers.test(content)
        ? [{ path, line: index + 1, rule: 'a marker of unfinished work', remedy: 'finish it or file an issue' }]
        : [],
    )
