import { parseArgs } from 'node:util'
import { runsIn, type Scenario, type Size } from './scenario.ts'
import { scenarios } from './scenarios/index.ts'

export const usage = `npm run drill -- [--smoke | --all] [--only NAME,NAME] [--shard K/N] [--lanes N] [--seed N] [--html FILE] [--json]
npm run drill -- soak [--minutes N] [--seed N] [--html FILE] [--json]
npm run drill -- --config FILE [--seed N] [--json]

  --smoke      every scenario with few faults (default): a look, minutes
  --all        every scenario in full; each result goes to drills/results as it ends, and those of this commit are not run again
  --only       scenarios by name; all without it
  --shard K/N  every Nth scenario from the Kth on, so that N machines share them
  --lanes N    so many at once, each with brokers of its own; default: 2 with --smoke, 1 with --all, whose figures are
               those of a machine that does nothing else
  --real-time  the scenarios whose members' clocks run faster, in full and once, with clocks that do not: hours
  --minutes N  how long the soak writes; default: 60, whose result goes to drills/results
  --seed N     chooses whom the faults hit; default: random, and printed
  --config     a drill of a service of your own: docs/how-to/drill-your-own-service.md
  --html FILE  where the report goes; default: the ignored log folder, and printed
  --json       one line of JSON on stdout
  --list       what there is, and what each does
  --readme     puts drills/results into drills/README.md, as --all does at its end, without running anything

Ctrl-C ends everything that was started, with the verdict so far; a second one ends at once.
`

/** What to do. */
export type Order =
  | { readonly do: 'help' | 'list' | 'readme' }
  | { readonly do: 'complain'; readonly about: string }
  | ({
      readonly do: 'scenarios'
      readonly chosen: readonly Scenario[]
      readonly size: Size
      readonly lanes: number
    } & HowToRun)
  | ({ readonly do: 'soak'; readonly minutes: number } & HowToRun)
  | ({ readonly do: 'own'; readonly file: string } & HowToRun)

export interface HowToRun {
  readonly seed: number
  readonly json: boolean
  readonly htmlFile: string | undefined
}

/** Reads a command line. */
export const readOrder = (args: readonly string[]): Order => {
  try {
    return orderOf(parse(args))
  } catch (error) {
    return { do: 'complain', about: error instanceof Error ? error.message : String(error) }
  }
}

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      smoke: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      only: { type: 'string' },
      shard: { type: 'string', default: '1/1' },
      lanes: { type: 'string' },
      minutes: { type: 'string', default: '60' },
      'real-time': { type: 'boolean', default: false },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 2 ** 31)) },
      config: { type: 'string' },
      html: { type: 'string' },
      list: { type: 'boolean', default: false },
      readme: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  })

const orderOf = ({ values, positionals: [what, ...others] }: ReturnType<typeof parse>): Order => {
  if (values.help) return { do: 'help' }
  if (values.list) return { do: 'list' }
  if (values.readme) return { do: 'readme' }
  if (values.smoke && values.all) throw new TypeError('--smoke or --all, not both.')
  const size: Size = values.all || values['real-time'] ? 'full' : 'smoke'
  const how = { seed: wholeNumber('--seed', values.seed), json: values.json, htmlFile: values.html }
  if (values.config !== undefined) return { do: 'own', file: values.config, ...how }
  if (what === 'soak' && others.length === 0) return { do: 'soak', minutes: minutesOf(values.minutes), ...how }
  if (what !== undefined) throw new TypeError(`There is nothing called ${[what, ...others].join(' ')}.`)
  const named = chosenBy(values, size)
  const chosen = values['real-time'] ? named.flatMap(inRealTime) : named
  if (chosen.length === 0 && named.length > 0) throw new TypeError(`${values.only} has no clocks that run faster.`)
  const lanes = values.lanes === undefined ? lanesOf[size] : wholeNumber('--lanes', values.lanes)
  if (lanes === 0) throw new TypeError('--lanes is a number above zero.')
  return { do: 'scenarios', chosen, size, lanes, ...how }
}

const lanesOf: Readonly<Record<Size, number>> = { smoke: 2, full: 1 }

const chosenBy = ({ only, shard }: { only?: string; shard: string }, size: Size): readonly Scenario[] => {
  const names = only?.split(',') ?? scenarios.map(({ name }) => name)
  const unknown = names.filter((name) => scenarios.every((scenario) => scenario.name !== name))
  if (unknown.length > 0) throw new TypeError(`There is no scenario ${unknown.join(', ')}.`)
  const [, part, parts] = (/^([1-9]\d*)\/([1-9]\d*)$/.exec(shard) ?? []).map(Number)
  if (part === undefined || parts === undefined || part > parts)
    throw new TypeError('--shard is K/N: the Kth of N parts.')
  const runnable = scenarios.filter((scenario) => names.includes(scenario.name) && runsIn(scenario, size))
  if (runnable.length === 0) throw new TypeError(`${names.join(', ')} runs in full only: --all.`)
  return runnable.filter((_, index) => index % parts === part - 1)
}

/** None where no clock runs faster; else once, and with ten times as long to do ten times as much and more. */
const inRealTime = ({ handling, ...scenario }: Scenario): readonly Scenario[] => {
  if (handling?.clockFactor === undefined) return []
  const { clockFactor, ...others } = handling
  const once = scenario.faults.map((planned) => ({ ...planned, times: { smoke: 0, full: 1 } }))
  const name = `${scenario.name}-real-time`
  return [{ ...scenario, name, handling: others, faults: once, settleMs: scenario.settleMs * 10 }]
}

const wholeNumber = (option: string, text: string): number => {
  const number = Number(text)
  if (text === '' || !Number.isInteger(number) || number < 0) throw new TypeError(`${option} is a whole number.`)
  return number
}

const minutesOf = (text: string): number => {
  const minutes = Number(text)
  if (!(minutes > 0) || !Number.isFinite(minutes)) throw new TypeError('--minutes is a number above zero.')
  return minutes
}
