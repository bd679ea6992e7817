import { parseArgs } from 'node:util'
import { type ComparisonName, comparisonNames, comparisonsNamed } from './kernel/comparisons.ts'

/** Everything but the kernel's comparisons; each is a session of its own. */
export const sessionNames = ['pipeline', 'costs'] as const

/** What to run, and how. */
export interface Options {
  readonly comparisons: readonly ComparisonName[]
  readonly sessions: readonly (typeof sessionNames)[number][]
  readonly data: string | undefined
  readonly minutes: number
  readonly seconds: number
  readonly rounds: number
  readonly budgetMinutes: number
  readonly profileFolder: string | undefined
  readonly out: string | undefined
  readonly readme: boolean
  readonly json: boolean
  readonly gate: boolean
}

export const usage = `npm run bench -- [--only NAME,NAME] [--json] [--readme] [...]

  Measures, proves in the same run that nothing was lost, and writes the raw numbers to bench/results. Progress goes to stderr, the
  figures to stdout. Ctrl-C ends everything that was started and exits with 130. Without --only everything is run (about an hour).

The kernel against its peers; what is asked for together shares its rounds:

  P1          full consume path (Avro, ids, lanes, dead letters, metrics, traces)   NestJS Kafka transport          >= 6
  P1s         the same into Postgres                                                 one transaction a message       >= 10
  P2          as P1                                                                  kafkajs eachBatch, JSON.parse   >= 1
  P3          as P1                                                                  kafkajs eachBatch, bytes        >= 0.5
  P4          as P1, without codec                                                   kafkajs eachBatch, bytes        >= 0.8
  P5          as P1                                                                  kafkajs + registry client       >= 20
  P6          handlers that wait 1, 10, 50 ms, each key in order                     min(keys / latency, CPU)        >= 0.85
  P7          200 callers that await their publish                                   kafkajs, @platformatic/kafka    >= 10
  P8          bulk publish                                                           kafkajs send                    >= 2
  P9          outbox relay                                                           a poller with an UPDATE a row   >= 5
  P10         a transformer with transactions                                        the same, at least once         >= 0.8
  P12         CPU a message at 64 and 512 partitions                                 at 6                            <= 1.10, 1.25
  P13         p99 end to end at half load                                            kafkajs eachBatch               <= 1.5
  P14         bytes allocated a message; needs no servers, half a minute             -                               <= 400

  P6-10ms, P12-64 and so on name one variant.

Others:

  costs       where the microseconds of a message go, part by part (two minutes)
  pipeline    a retail file from HTTP to all three groups, reconciled by SQL: lines/s, events/s, memory slopes (seven minutes)

Options:

  --only      what to run, by name
  --seconds   least time measured of an arm in a round; default 5
  --rounds    most rounds; default 5
  --budget    minutes after which no further round begins that would not end in time; default 17
  --profile   a folder for the CPU profiles of all arms of ours. Cells that miss their goal are profiled anyway: their flame graphs
              (SVG) lie beside the results
  --minutes   pipeline: how long the system is kept under load for the memory slopes; default 5
  --data      pipeline: the retail file to send (CSV, or CSV.gz)
  --out       a folder for the results instead of bench/results
  --readme    puts the newest results of bench/results into bench/README.md (with --only none, without measuring anything)
  --json      one line of JSON on stdout
  --gate      exits with 1 when the kernel misses a goal: P14 says the same on every machine

A short look, whose figures say nothing:  npm run bench -- --only P1,P6 --seconds 2 --rounds 1 --out some/folder
`

/** What the arguments ask for; a complaint, or '' for help, when nothing is to be run. */
export const readOptions = (args: readonly string[]): Options | string => {
  const values = parsed(args)
  if (typeof values === 'string') return values
  if (values.help) return ''
  const names = namesOf(values.only)
  const unknown = names.filter((name) => comparisonsNamed(name).length === 0 && !isSession(name))
  if (unknown.length > 0) return `There is no benchmark ${unknown.join(', ')}.`
  const numbers = {
    minutes: Number(values.minutes),
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
    budgetMinutes: Number(values.budget),
  }
  if (!(numbers.minutes >= 0 && numbers.minutes <= 24 * 60)) return `--minutes is a number from 0 to ${24 * 60}.`
  if (!(numbers.seconds > 0 && numbers.budgetMinutes > 0)) return '--seconds and --budget are numbers above 0.'
  if (!(Number.isInteger(numbers.rounds) && numbers.rounds >= 1)) return '--rounds is a whole number above 0.'
  return {
    ...numbers,
    comparisons: comparisonNames.filter((name) => names.some((asked) => comparisonsNamed(asked).includes(name))),
    sessions: sessionNames.filter((name) => names.includes(name)),
    data: values.data,
    profileFolder: values.profile,
    out: values.out,
    readme: values.readme,
    json: values.json,
    gate: values.gate,
  }
}

const namesOf = (only: string | undefined): readonly string[] => {
  if (only === undefined) return [...comparisonNames, ...sessionNames]
  return only === 'none' ? [] : only.split(',')
}

const isSession = (name: string): boolean => (sessionNames as readonly string[]).includes(name)

const parsed = (args: readonly string[]) => {
  try {
    return parseArgs({
      args: [...args],
      options: {
        only: { type: 'string' },
        data: { type: 'string' },
        minutes: { type: 'string', default: '5' },
        seconds: { type: 'string', default: '5' },
        rounds: { type: 'string', default: '5' },
        budget: { type: 'string', default: '17' },
        profile: { type: 'string' },
        out: { type: 'string' },
        readme: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        gate: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
