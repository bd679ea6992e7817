import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type RunningStack, startStack } from '@interchange/stack'
import { type ArmName, arms, type Comparison, type ComparisonName, comparisons, inputs } from './arms.ts'
import { type Compared, compare, type Measurement } from './compare.ts'
import type { ArmInput, ArmResult } from './meter.ts'
import { startOtlpSink } from './otlp-sink.ts'
import { canPin, pinServer } from './pinning.ts'
import { peersFolder, runArmProcess } from './run-arm.ts'
import { createTopics, type Topics } from './topics.ts'
import { installedVersions } from './versions.ts'

export interface KernelOptions {
  readonly seconds: number
  readonly rounds: number
  /** Where each arm of the last round leaves its CPU profile. */
  readonly profileFolder: string | undefined
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

export interface KernelResult {
  readonly results: readonly Compared[]
  /** Every measurement in the order it was made, and what was measured. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** Tells how much the machine changed while the arms ran: it opens and closes every session. */
const control: ArmName = 'bytes'

/**
 * The kernel against its peers: every arm in a process of its own, all on one core with the servers on the other, in rounds whose
 * order turns around (A B, B A), so that a slow drift of the machine meets every arm alike.
 */
export const runKernel = async (names: readonly ComparisonName[], options: KernelOptions): Promise<KernelResult> => {
  const { rounds, signal, say } = options
  const wanted = armsOf(names)
  await installPeers(say)
  if (!canPin) say('  no taskset here: nothing is pinned, the figures say less')
  const stack = await startStack({ name: 'bench-kernel', fresh: true, report: say })
  const sink = await startOtlpSink()
  let topics: Topics | undefined
  try {
    signal.throwIfAborted()
    pinServers(stack)
    topics = await createTopics(stack.addresses.kafkaBrokers, stack.addresses.schemaRegistryUrl)
    say('  seeding')
    await topics.seed(inputsOf([...wanted, control]))
    const ground = { ...options, stack, topics, otlpUrl: sink.url }
    const measurements: Measurement[] = []
    const opening = await measure(ground, control, 0)
    for (let round = 1; round <= rounds; round++) {
      for (const name of round % 2 === 1 ? wanted : wanted.toReversed()) {
        const result = await measure(ground, name, round)
        measurements.push({ round, arm: name, ...result })
      }
    }
    const closing = await measure(ground, control, rounds + 1)
    const driftPercent = 100 * (closing.recordsPerSecond / opening.recordsPerSecond - 1)
    say(`  the control arm drifted by ${driftPercent.toFixed(1)} % from first to last`)
    return {
      results: names.map((name) => compare(name, measurements)),
      raw: {
        seconds: options.seconds,
        rounds,
        pinned: canPin,
        driftPercent,
        versions: await installedVersions(stack),
        control: { opening, closing },
        measurements,
      },
    }
  } finally {
    await topics?.close()
    sink.close()
    await stack.stop()
  }
}

interface KernelGround extends KernelOptions {
  readonly stack: RunningStack
  readonly topics: Topics
  readonly otlpUrl: string
}

const measure = async (ground: KernelGround, name: ArmName, round: number): Promise<ArmResult> => {
  const { stack, topics, signal, say, seconds } = ground
  const arm = arms[name]
  const reads = 'input' in arm
  const own = `${name}-${round}`
  if (!reads) await topics.create(own)
  const input: ArmInput = {
    mode: arm.mode,
    brokers: stack.addresses.kafkaBrokers,
    registryUrl: stack.addresses.schemaRegistryUrl,
    databaseUrl: stack.addresses.databaseUrl,
    otlpUrl: ground.otlpUrl,
    topic: reads ? arm.input : own,
    count: reads ? inputs[arm.input].count : 0,
    name: own,
    seconds,
  }
  const profiled = ground.profileFolder !== undefined && round === ground.rounds
  const nodeArgs = profiled
    ? ['--cpu-prof', `--cpu-prof-name=${name}.cpuprofile`, `--cpu-prof-dir=${ground.profileFolder}`]
    : []
  const result = await runArmProcess(arm, input, { signal, nodeArgs })
  say(
    `  ${String(round).padStart(2)} ${arm.label.padEnd(42)} ${String(Math.round(result.recordsPerSecond)).padStart(8)}/s` +
      ` ${result.cpuMicrosPerRecord.toFixed(2).padStart(7)} us`,
  )
  if (reads) await topics.checkCommitted(result.groups ?? [], arm.input)
  else {
    const format = name === 'publish' || name === 'bulk' ? 'avro' : 'numbered'
    const duplicates = await topics.checkPublished(own, result.published ?? 0, format)
    return { ...result, duplicates }
  }
  return result
}

const armsOf = (names: readonly ComparisonName[]): readonly ArmName[] => {
  const wanted = names.flatMap((name) => {
    const { ours, against, beside = [] }: Comparison = comparisons[name]
    return [ours, ...against, ...beside]
  })
  return (Object.keys(arms) as ArmName[]).filter((name) => wanted.includes(name))
}

const inputsOf = (names: readonly ArmName[]): ReadonlySet<keyof typeof inputs> =>
  new Set(
    names.flatMap((name) => {
      const arm = arms[name]
      return 'input' in arm ? [arm.input] : []
    }),
  )

/** The peers have a lockfile of their own and are no part of the workspace: installed when they are first measured. */
const installPeers = async (say: (line: string) => void): Promise<void> => {
  if (existsSync(join(peersFolder, 'node_modules/.package-lock.json'))) return
  say('  installing the peers')
  await promisify(execFile)('npm', ['ci', '--ignore-scripts'], { cwd: peersFolder })
}

const pinServers = (stack: RunningStack): void => {
  if (!canPin) return
  pinServer(process.pid)
  for (const { pid } of [stack.kafka, stack.registry, stack.postgres]) {
    const id = pid()
    if (id !== null) pinServer(id)
  }
}
