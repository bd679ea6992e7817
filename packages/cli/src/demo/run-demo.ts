import { cp, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { balanceFile, fileTotals } from '@interchange/accounting'
import { catalogue } from '@interchange/contracts'
import { createReplayClient, type ReplayClient } from '@interchange/dead-letters'
import { type Journey, journeyOf } from '@interchange/journey'
import {
  checkoutFolder,
  javaKafkaClient,
  type RunningStack,
  type RunningSystem,
  startStack,
  startSystem,
} from '@interchange/stack'
import { printJourney } from '../commands/journey.ts'
import { replayAndWait } from '../commands/replay.ts'
import { CommandEnd, exitCodes } from '../exit-codes.ts'
import { print, printJson, say } from '../output.ts'
import { step } from '../progress.ts'
import { withSystem } from '../system.ts'
import { demoStackName, servicesFile } from '../system-environment.ts'
import { auditSystem, deadInvoices } from './audit-system.ts'
import { demoResult } from './demo-result.ts'
import { printCauses, printSummary } from './demo-words.ts'
import { prepareCluster } from './prepare-cluster.ts'
import { quiesce } from './quiesce.ts'
import { importRetailFile } from './retail-import.ts'
import { retailText } from './retail-text.ts'
import { sendWebhooks, shopMorning } from './shop-webhooks.ts'
import { findTrace } from './trace.ts'

export interface DemoOptions {
  /** A retail file of the user's own; default: the shipped sample. */
  readonly data?: string
  readonly json?: boolean
  readonly keep?: boolean
}

/** The names of countries that the mapping of the demo's first deployment lacks, as somebody's first mapping would. */
const forgotten = ['EIRE', 'RSA']

/** Runs the whole story (README, "What the demo does"); ends with exit code 1 when anything is lost, doubled or unexplained. */
export const runDemo = async (options: DemoOptions): Promise<void> => {
  const startedAt = performance.now()
  const abort = new AbortController()
  const onSignal = (): void => abort.abort()
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal)
  const stack = await step('Kafka, schema registry, Postgres and Jaeger', () =>
    startStack({ name: demoStackName, fresh: true, report: () => undefined }),
  )
  let kept = false
  try {
    await tellStory(stack, options, startedAt, abort.signal)
    if (options.keep === true) {
      await stack.detach()
      kept = true
      say(
        '\nEverything goes on running. Look around: npm run ix -- dlq list. End it: npm run ix -- stack down --name demo',
      )
    }
  } catch (error) {
    if (abort.signal.aborted)
      throw new CommandEnd(exitCodes.interrupted, 'Interrupted; everything the demo started has ended.')
    throw error
  } finally {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal)
    if (!kept) await step('Ending everything', () => stack.stop())
  }
}

const tellStory = async (
  stack: RunningStack,
  options: DemoOptions,
  startedAt: number,
  signal: AbortSignal,
): Promise<void> => {
  const data = options.data ?? join(checkoutFolder, 'services', 'producer', 'samples', 'retail-export.csv')
  if (stack.tracesOff !== null) say(stack.tracesOff)
  await step(`${catalogue.length} topics and their schemas`, () => prepareCluster(stack.env))
  const mapping = await firstMapping(stack)
  const system = await step('Producer, transformer, consumer and dlq-replay', () =>
    startSystem(stack, { countryAliasesFile: mapping.deployed, env: { LOG_LEVEL: 'info' } }),
  )
  await writeFile(servicesFile(stack.logFolder), JSON.stringify(system.env), { mode: 0o600 })
  const desk = createReplayClient({ url: system.dlqReplay.url, token: system.credentials.operatorToken })

  const webhooks = await shopMorning(`demo-${Date.now()}`)
  const answers = await step(`${webhooks.length} webhooks of a shop, one of them twice`, () =>
    sendWebhooks(system.producer.url, system.credentials.shopWebhookSecret, webhooks),
  )
  const job = await step(`Import of ${data}`, () => importData(system, data, signal))
  await step('Waiting until every group has read everything', () => quietSystem(stack, signal))

  const unfixedBefore = await desk.causes()
  printCauses('Dead letters', unfixedBefore)
  await step('Fixing a cause: deploying the mapping that knows EIRE and RSA', async () => {
    await cp(mapping.shipped, mapping.deployed)
    await system.transformer.restart()
  })
  const fixed = await step('Replaying what was fixed', () => replayFixed(desk))
  const unfixed = await step('Replaying one cause that was not fixed', () => replayUnfixed(desk))
  await step('Waiting until every group has read everything', () => quietSystem(stack, signal))
  const causes = await desk.causes()
  printCauses('Dead letters now', causes)

  const followed = answers.find(({ webhook }) => webhook.topic === 'orders/create')?.correlationId ?? ''
  const journey = await step("One order's way through the system", () => readJourney(stack, followed))
  printJourney(journey, stack.addresses.jaegerQueryUrl ?? undefined)
  const trace = await step('Its trace', () => findTrace(stack, journey.traceIds[0] ?? null))

  const audit = await step('Closing the books, with Kafka’s own client and SQL', async () =>
    auditSystem({
      brokers: stack.addresses.kafkaBrokers,
      databaseUrl: stack.addresses.databaseUrl,
      client: await javaKafkaClient(),
    }),
  )
  const totals = await fileTotals(retailText(data))
  const file = balanceFile(totals, {
    receivables: audit.effects.receivables,
    deadInvoices: deadInvoices(audit),
    rejectedInvoices: new Set(totals.byInvoice.keys()).difference(audit.effects.publishedInvoices),
  })
  const accepted = answers.filter(({ duplicate }) => !duplicate).length + job.invoicesPublished
  const { problems, ...result } = demoResult({
    seconds: Math.round((performance.now() - startedAt) / 100) / 10,
    kafka: { mode: stack.kafka.mode, version: stack.kafka.version },
    accepted,
    audit,
    file,
    causes,
    fixed,
    unfixed,
    trace,
    tracesOn: stack.tracesOff === null,
  })
  printSummary(result)
  for (const problem of problems) say(`PROBLEM: ${problem}`)
  if (options.json === true) printJson(result)
  else print(result.ok ? 'Nothing lost, nothing doubled, every book closes.' : 'The demo failed.')
  if (!result.ok) throw new CommandEnd(exitCodes.failed, `The logs lie in ${stack.logFolder}`)
}

/** The mapping the transformer starts with: the shipped one without what somebody forgot. */
const firstMapping = async (stack: RunningStack): Promise<{ shipped: string; deployed: string }> => {
  const shipped = join(checkoutFolder, 'services', 'transformer', 'mappings', 'country-aliases.json')
  const deployed = join(dirname(stack.logFolder), 'deployed', 'country-aliases.json')
  const all = JSON.parse(await readFile(shipped, 'utf8')) as Readonly<Record<string, string>>
  const some = Object.fromEntries(Object.entries(all).filter(([name]) => !forgotten.includes(name)))
  await mkdir(dirname(deployed), { recursive: true })
  await writeFile(deployed, JSON.stringify(some, null, 2))
  return { shipped, deployed }
}

const importData = async (system: RunningSystem, data: string, signal: AbortSignal) => {
  let toldAt = 0
  return await importRetailFile(
    { producerUrl: system.producer.url, token: system.credentials.ingestToken, signal },
    data,
    (job) => {
      if (Date.now() - toldAt < 2_000) return
      toldAt = Date.now()
      if (job.state === 'running')
        say(
          `  ${job.linesRead.toLocaleString('en')} lines read, ${job.invoicesPublished.toLocaleString('en')} invoices published`,
        )
    },
  )
}

const quietSystem = (stack: RunningStack, signal: AbortSignal): Promise<void> => {
  let toldAt = Date.now()
  const onLag = (lag: number): void => {
    if (Date.now() - toldAt < 2_000) return
    toldAt = Date.now()
    say(`  ${lag.toLocaleString('en')} records to go`)
  }
  return withSystem(async (opened) => quiesce(await opened.admin(), { stalledMs: 60_000, signal, onLag }), stack.env)
}

/** Sends back, in one replay, the open letters of the countries that the mapping now knows. */
const replayFixed = async (desk: ReplayClient) => {
  const causes = (await desk.causes({ group: 'transformer' })).filter(({ errorMessage }) =>
    forgotten.some((name) => errorMessage?.includes(`for ${name}:`)),
  )
  const letterIds = (await Promise.all(causes.map(({ fingerprint }) => openLetters(desk, fingerprint)))).flat()
  const request = { letterIds, reason: `the mapping now knows ${forgotten.join(' and ')}`, actor: 'demo' }
  return await replayAndWait(desk, request, () => undefined)
}

const openLetters = async (desk: ReplayClient, cause: string): Promise<readonly string[]> => {
  const letterIds: string[] = []
  let cursor: string | null | undefined
  while (cursor !== null) {
    const page = await desk.letters({
      group: 'transformer',
      state: 'new',
      cause,
      limit: 500,
      ...(cursor && { cursor }),
    })
    letterIds.push(...page.letters.map(({ id }) => id))
    cursor = page.nextCursor
  }
  return letterIds
}

const replayUnfixed = async (desk: ReplayClient) => {
  const open = (await desk.causes({ group: 'transformer' })).filter((cause) => cause.open > 0)
  const [cause] = open.toSorted((a, b) => a.open - b.open)
  if (cause === undefined) return null
  const request = { group: cause.group, cause: cause.fingerprint, reason: 'to see that it fails again', actor: 'demo' }
  return await replayAndWait(desk, request, () => undefined)
}

const readJourney = (stack: RunningStack, correlationId: string): Promise<Journey> =>
  withSystem(({ transport }) => journeyOf(transport, correlationId, { topics: catalogue }), stack.env)
