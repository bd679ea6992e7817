import { execFileSync } from 'node:child_process'
import { parseArgs } from 'node:util'
import { pipeline } from './pipeline.ts'

/** A benchmark: says what it does on stderr, answers with its figures. */
type Benchmark = (options: { readonly data: string | undefined }) => Promise<Readonly<Record<string, unknown>>>

const benchmarks: Readonly<Record<string, Benchmark>> = { pipeline }

const usage = `npm run bench -- [--only NAME,NAME] [--data FILE] [--json]

  pipeline   a retail file from HTTP to all three groups, reconciled by SQL: lines/s, events/s, memory slopes
`

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    data: { type: 'string' },
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
  },
})

const names = values.only?.split(',') ?? Object.keys(benchmarks)
const unknown = names.filter((name) => benchmarks[name] === undefined)
if (values.help === true || unknown.length > 0) {
  process.stderr.write(`${unknown.map((name) => `There is no benchmark ${name}.\n`).join('')}${usage}`)
  process.exit(unknown.length > 0 ? 2 : 0)
}

const results: unknown[] = []
for (const name of names) {
  process.stderr.write(`${name}\n`)
  results.push({ name, ...(await benchmarks[name]?.({ data: values.data })) })
}
const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' }).trim()
process.stdout.write(
  `${JSON.stringify(values.json === true ? { results, commit, node: process.version } : results, null, values.json === true ? 0 : 2)}\n`,
)
