import { describe, expect, it } from 'vitest'
import { checkCycles } from './check-cycles.ts'
import { checkEdges, type Manifest } from './check-edges.ts'
import { checkFiles } from './check-files.ts'
import { sourceFile } from './source-file.ts'

const manifest = (name: string, dependencies: readonly string[] = []): Manifest => ({
  name: `@interchange/${name}`,
  dependencies,
  devDependencies: [],
  exports: ['.'],
})

const manifests = new Map([
  ['packages/messaging', manifest('messaging')],
  ['packages/kafka', manifest('kafka', ['@interchange/messaging', 'kafkajs'])],
  ['packages/avro', manifest('avro', ['@interchange/messaging', '@interchange/kafka'])],
  ['services/consumer', manifest('consumer', ['@interchange/messaging', 'kafkajs'])],
])

const rulesOf = (path: string, text: string): readonly string[] =>
  checkEdges([sourceFile(path, text)], manifests).map(({ line, rule }) => `${line}: ${rule}`)

describe('tidy', () => {
  it('accepts an import of a lower rank that is declared', () => {
    expect(
      rulesOf('packages/kafka/src/a.ts', `import { x } from '@interchange/messaging'\nimport 'kafkajs'\n`),
    ).toEqual([])
  })

  it('names a wrong edge with file and line', () => {
    expect(rulesOf('packages/avro/src/a.ts', `\nimport {\n  x,\n} from '@interchange/kafka'\n`)).toEqual([
      '4: rank 1 imports rank 1',
    ])
  })

  it('lets a test meet a real part of its own rank, and shipped code not', () => {
    const text = `import { x } from '@interchange/kafka'`
    expect(rulesOf('packages/avro/src/a.int.test.ts', text)).toEqual([])
    expect(rulesOf('packages/avro/src/a.ts', text)).toEqual(['1: rank 1 imports rank 1'])
  })

  it('refuses a deep import, a path out of the package, and an undeclared dependency', () => {
    expect(rulesOf('packages/kafka/src/a.ts', `import { x } from '@interchange/messaging/dist/x.js'`)).toEqual([
      '1: a deep import',
    ])
    expect(rulesOf('packages/kafka/src/a.ts', `import { x } from '../../messaging/src/x.ts'`)).toEqual([
      '1: an import leaves its package',
    ])
    expect(rulesOf('packages/messaging/src/a.ts', `import x from 'lodash'`)).toEqual(['1: lodash is not declared'])
  })

  it('lets tests use the runner of the root, and sources not', () => {
    expect(rulesOf('packages/kafka/src/a.test.ts', `import { it } from 'vitest'`)).toEqual([])
    expect(rulesOf('packages/kafka/src/a.ts', `import { it } from 'vitest'`)).toEqual(['1: vitest is not declared'])
  })

  it('keeps each technology at home', () => {
    expect(rulesOf('services/consumer/src/a.ts', `import { Kafka } from 'kafkajs'`)).toEqual([
      '1: kafkajs away from home',
    ])
  })

  it("finds a service that knows another's address", () => {
    expect(rulesOf('services/consumer/src/a.ts', `const url = env.PRODUCER_URL`)).toEqual([
      "1: a service knows another's address",
    ])
  })

  it('finds an import circle', () => {
    const circle = [sourceFile('a/x.ts', `import './y.ts'`), sourceFile('a/y.ts', `import './x.ts'`)]
    expect(checkCycles(circle).map(({ rule }) => rule)).toEqual(['an import circle: a/x.ts -> a/y.ts -> a/x.ts'])
    expect(checkCycles(circle.slice(0, 1))).toEqual([])
  })

  it.each([
    ['a file that is too long', 'packages/a/src/x.ts', 'x\n'.repeat(301), '301 lines, at most 300'],
    ['a name that says nothing', 'packages/a/src/utils/x.ts', 'x', 'the name "utils" says nothing'],
    [
      'a test that no runner finds',
      'packages/a/src/x.spec.ts',
      `import { it } from 'vitest'\nit('x', f)`,
      'a test that no runner finds',
    ],
    ['a marker', 'packages/a/src/x.ts', `// ${'TO'}DO later`, 'a marker of unfinished work'],
  ])('finds %s', (_, path, text, rule) => {
    expect(checkFiles([sourceFile(path, text)]).map((finding) => finding.rule)).toEqual([rule])
  })

  it('exempts generated code from the length', () => {
    expect(checkFiles([sourceFile('packages/a/src/generated/x.ts', 'x\n'.repeat(400))])).toEqual([])
  })
})
