import { balanceFile, fileTotals } from '@interchange/accounting'
import {
  auditSystem,
  deadInvoices,
  importRetailFile,
  prepareCluster,
  quiesce,
  retailText,
  withSystem,
} from '@interchange/cli'
import { javaKafkaClient, type RunningSystem, startStack, startSystem } from '@interchange/stack'
import { type MemoryWatch, watchMemory } from './memory-watch.ts'
import { retailFile } from './retail-file.ts'

/**
 * A retail file from the first byte of the HTTP request until all three groups have committed its last line, on services that trace 1 %
 * of messages. Goal (issue 1 of 3): >= 10,000 lines/s on 2 cores, memory slope of each service <= 1 MB/min.
 */
export const pipeline = async (options: {
  readonly data: string | undefined
}): Promise<Readonly<Record<string, unknown>>> => {
  const say = (line: string): void => void process.stderr.write(`${line}\n`)
  const file = await retailFile(options.data)
  const stack = await startStack({ name: 'bench', fresh: true, report: say })
  try {
    await prepareCluster(stack.env)
    const system = await startSystem(stack, {
      env: { OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.01', LOG_LEVEL: 'warn' },
    })
    const watches = watchAll(system)
    const startedAt = performance.now()
    const signal = AbortSignal.timeout(15 * 60_000)
    const job = await importRetailFile(
      { producerUrl: system.producer.url, token: system.credentials.ingestToken, signal },
      file.path,
      (now) =>
        say(`  ${seconds(startedAt)} s: ${now.linesRead} lines read, ${now.invoicesPublished} invoices published`),
    )
    const publishedSeconds = Number(seconds(startedAt))
    await withSystem(
      async (opened) =>
        quiesce(await opened.admin(), {
          stalledMs: 60_000,
          signal,
          onLag: (lag) => say(`  ${seconds(startedAt)} s: lag ${lag}`),
        }),
      stack.env,
    )
    const elapsedSeconds = Number(seconds(startedAt))
    const memory = Object.fromEntries(
      [...watches].map(([name, watch]) => [
        name,
        { maxMib: round(watch.maxMib()), slopeMibPerMinute: round(watch.slopeMibPerMinute()) },
      ]),
    )
    for (const watch of watches.values()) watch.stop()
    const audit = await auditSystem({
      brokers: stack.addresses.kafkaBrokers,
      databaseUrl: stack.addresses.databaseUrl,
      client: await javaKafkaClient(),
    })
    const totals = await fileTotals(retailText(file.path))
    const balance = balanceFile(totals, {
      receivables: audit.effects.receivables,
      deadInvoices: deadInvoices(audit),
      rejectedInvoices: new Set(totals.byInvoice.keys()).difference(audit.effects.publishedInvoices),
    })
    const events = audit.log.records.filter(({ topic }) => !topic.endsWith('.dlq')).length
    return {
      file: file.made ? 'made here' : 'real',
      lines: totals.lines,
      seconds: elapsedSeconds,
      publishedSeconds,
      linesPerSecond: Math.round(totals.lines / elapsedSeconds),
      eventsPerSecond: Math.round(events / elapsedSeconds),
      goalLinesPerSecond: 10_000,
      reconciled: balance.closes && audit.balance.closes && job.invoicesRejected === 0,
      lost: audit.balance.lost,
      duplicatedEffects: audit.duplicatedEffects,
      deadMinor: balance.deadMinor,
      memory,
    }
  } finally {
    await stack.stop()
  }
}

const watchAll = (system: RunningSystem): ReadonlyMap<string, MemoryWatch> =>
  new Map(
    [system.producer, system.transformer, system.consumer, system.dlqReplay].flatMap((service) => {
      const pid = service.pid()
      return pid === null ? [] : [[service.name, watchMemory(pid)] as const]
    }),
  )

const seconds = (startedAt: number): string => ((performance.now() - startedAt) / 1_000).toFixed(1)

const round = (value: number): number => Math.round(value * 10) / 10
