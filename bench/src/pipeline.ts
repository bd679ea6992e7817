import { rm } from 'node:fs/promises'
import { balanceFile, type FileTotals, fileTotals } from '@interchange/accounting'
import {
  type Audit,
  auditSystem,
  deadInvoices,
  importRetailFile,
  prepareCluster,
  quiesce,
  retailText,
  withSystem,
} from '@interchange/cli'
import {
  javaKafkaClient,
  type RunningService,
  type RunningStack,
  type RunningSystem,
  startStack,
  startSystem,
} from '@interchange/stack'
import type { Benchmark } from './benchmark.ts'
import { inspectorArgs } from './inspector.ts'
import { type MemoryFigures, type MemoryWatch, watchMemory } from './memory-watch.ts'
import { cpuSeconds } from './process-figures.ts'
import { retailFile, totalsAgain, writeAgain } from './retail-file.ts'

const goals = { linesPerSecond: 10_000, mibPerMinute: 1 }
/** Services as in production: one trace in a hundred, warnings only. */
const environment = {
  OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
  OTEL_TRACES_SAMPLER_ARG: '0.01',
  LOG_LEVEL: 'warn',
}

/**
 * A retail file from the first byte of the HTTP request until all three groups have committed its last line; then the same file with other
 * invoice numbers, again and again, until the system has been under load for `minutes`, for the memory figures; then the books.
 */
export const pipeline: Benchmark = async ({ data, minutes, signal, say }) => {
  const file = await retailFile(data)
  const totals = await fileTotals(retailText(file.path))
  const stack = await startStack({ name: 'bench', fresh: true, report: say })
  let watches: readonly MemoryWatch[] = []
  try {
    signal.throwIfAborted()
    await prepareCluster(stack.env)
    const system = await startSystem(stack, { env: environment, nodeArgs: inspectorArgs })
    const ground = { stack, system, signal, say }
    watches = servicesOf(system).map(watchMemory)

    const startedAt = performance.now()
    const year = await sendFile(ground, file.path, 'the file')
    const yearEndedAtMs = Date.now()
    say(
      `  ${Math.round(totals.lines / year.seconds)} lines/s; now the memory of the services under ${minutes} min of it`,
    )
    for (const watch of watches) await watch.lookAtRest(signal)
    const again: RoundFigures[] = []
    while (performance.now() - startedAt < minutes * 60_000) {
      const round = again.length + 1
      const path = await writeAgain(file.path, round)
      again.push(await sendFile(ground, path, `round ${round}`))
      await rm(path)
      for (const watch of watches) await watch.lookAtRest(signal)
    }
    const memory = watches.map((watch) => [watch.name, watch.figures()] as const)

    say('  the books')
    const audit = await closeBooks(stack)
    const balances = [totals, ...again.map((_, at) => totalsAgain(totals, at + 1))].map((each) => balance(each, audit))
    const events = audit.log.records.filter(
      ({ topic, timestampMs }) => !topic.endsWith('.dlq') && timestampMs <= yearEndedAtMs,
    ).length
    const linesPerSecond = Math.round(totals.lines / year.seconds)
    return {
      figures: {
        file: file.kind,
        lines: totals.lines,
        seconds: year.seconds,
        publishedSeconds: year.publishedSeconds,
        linesPerSecond,
        cpuSeconds: year.cpuSeconds,
        eventsPerSecond: Math.round(events / year.seconds),
        reconciled:
          audit.balance.closes &&
          balances.every(({ closes }) => closes) &&
          [year, ...again].every(({ invoicesRejected }) => invoicesRejected === 0),
        lost: audit.balance.lost,
        duplicatedEffects: audit.duplicatedEffects,
        deadMinor: balances[0]?.deadMinor,
        minutes: Math.round(watchedMinutes(startedAt) * 10) / 10,
        memory: Object.fromEntries(memory.map(([name, figures]) => [name, summary(figures)])),
        goals,
        reached:
          linesPerSecond >= goals.linesPerSecond &&
          memory.every(([, { liveMibPerMinute }]) => liveMibPerMinute <= goals.mibPerMinute),
      },
      raw: { rounds: [year, ...again], balances, memory: Object.fromEntries(memory) },
    }
  } finally {
    for (const watch of watches) watch.stop()
    await stack.stop()
  }
}

interface Ground {
  readonly stack: RunningStack
  readonly system: RunningSystem
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

interface RoundFigures {
  /** Until the last group had committed the last record. */
  readonly seconds: number
  /** Until the producer had them all in Kafka. */
  readonly publishedSeconds: number
  readonly lines: number
  readonly invoices: number
  readonly invoicesRejected: number
  /** Processor time of each service in this time. */
  readonly cpuSeconds: Readonly<Record<string, number>>
}

/** Uploads a file and waits until every group has read everything that came of it. */
const sendFile = async ({ stack, system, signal, say }: Ground, path: string, name: string): Promise<RoundFigures> => {
  const startedAt = performance.now()
  const cpuBefore = cpuOf(system)
  const report = atMostEach(reportEachMs, say)
  const target = { producerUrl: system.producer.url, token: system.credentials.ingestToken, signal }
  const job = await importRetailFile(target, path, (now) =>
    report(
      `  ${seconds(startedAt)} s: ${name}, ${now.linesRead} lines read, ${now.invoicesPublished} invoices published`,
    ),
  )
  const publishedSeconds = seconds(startedAt)
  await withSystem(
    async (opened) =>
      quiesce(await opened.admin(), {
        stalledMs: 60_000,
        signal,
        onLag: (lag) => report(`  ${seconds(startedAt)} s: ${name}, lag ${lag}`),
      }),
    stack.env,
  )
  const { linesRead: lines, invoicesPublished: invoices, invoicesRejected } = job
  const cpu = Object.entries(cpuOf(system)).map(([service, used]) => [
    service,
    tenths(used - (cpuBefore[service] ?? 0)),
  ])
  return {
    seconds: seconds(startedAt),
    publishedSeconds,
    lines,
    invoices,
    invoicesRejected,
    cpuSeconds: Object.fromEntries(cpu),
  }
}

const servicesOf = ({ producer, transformer, consumer, dlqReplay }: RunningSystem): readonly RunningService[] => [
  producer,
  transformer,
  consumer,
  dlqReplay,
]

const cpuOf = (system: RunningSystem): Readonly<Record<string, number>> =>
  Object.fromEntries(
    servicesOf(system).flatMap((service) => {
      const pid = service.pid()
      return pid === null ? [] : [[service.name, cpuSeconds(pid) ?? 0]]
    }),
  )

const reportEachMs = 2_000

const atMostEach = (pauseMs: number, say: (line: string) => void): ((line: string) => void) => {
  let saidAt = 0
  return (line) => {
    if (performance.now() - saidAt < pauseMs) return
    saidAt = performance.now()
    say(line)
  }
}

const closeBooks = async ({ addresses }: RunningStack): Promise<Audit> =>
  auditSystem({
    brokers: addresses.kafkaBrokers,
    databaseUrl: addresses.databaseUrl,
    client: await javaKafkaClient(),
  })

const balance = (totals: FileTotals, audit: Audit) =>
  balanceFile(totals, {
    receivables: audit.effects.receivables,
    deadInvoices: deadInvoices(audit),
    rejectedInvoices: new Set(totals.byInvoice.keys()).difference(audit.effects.publishedInvoices),
  })

const summary = ({ liveMib, liveMibPerMinute, residentMaxMib, residentMibPerMinute }: MemoryFigures) => ({
  liveMib: tenths(liveMib),
  liveMibPerMinute: tenths(liveMibPerMinute),
  residentMaxMib: tenths(residentMaxMib),
  residentMibPerMinute: tenths(residentMibPerMinute),
})

const watchedMinutes = (startedAt: number): number => (performance.now() - startedAt) / 60_000

const seconds = (startedAt: number): number => tenths((performance.now() - startedAt) / 1_000)

const tenths = (value: number): number => Math.round(value * 10) / 10
