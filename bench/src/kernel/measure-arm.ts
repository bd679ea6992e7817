import type { RunningStack } from '@interchange/stack'
import { type Arm, type ArmName, arms, inputs } from './arms.ts'
import { loadWarmSeconds } from './latency.ts'
import type { ArmInput, ArmResult } from './meter.ts'
import type { OpenLoop } from './open-loop.ts'
import { partitionCount } from './order-event.ts'
import { type FailedRun, repeatOnce } from './repeat-once.ts'
import { runArmProcess } from './run-arm.ts'
import type { Topics } from './topics.ts'

/** What the arms find: servers, topics, and how they are to be measured. */
export interface KernelGround {
  /** Undefined when no arm needs servers. */
  readonly servers:
    | { readonly addresses: RunningStack['addresses']; readonly topics: Topics; readonly openLoop: OpenLoop }
    | undefined
  readonly otlpUrl: string
  readonly seconds: number
  /** Filled as they happen, and published. */
  readonly failures: FailedRun[]
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

export interface MeasureOptions {
  readonly round: number
  /** For arms that follow an open loop. */
  readonly ratePerSecond: number
  readonly profilePath?: string
}

/** Orders of the load that finds out how much the chain carries. */
const saturatingCount = 200_000

/** Measures one arm once, and proves what it says it did. A run that fails is repeated once, with names of its own. */
export const measureArm = async (ground: KernelGround, name: ArmName, options: MeasureOptions): Promise<ArmResult> => {
  const { label } = arms[name]
  let attempt = 0
  const work = async (): Promise<ArmResult> => {
    attempt++
    if (attempt > 1) ground.say(`  ${label} failed and is repeated: ${ground.failures.at(-1)?.error}`)
    return await measureOnce(ground, name, { ...options, attempt })
  }
  return await repeatOnce(`${label}, round ${options.round}`, work, ground)
}

const measureOnce = async (
  ground: KernelGround,
  name: ArmName,
  { round, ratePerSecond, profilePath, attempt }: MeasureOptions & { readonly attempt: number },
): Promise<ArmResult> => {
  const { servers, say } = ground
  const arm: Arm = arms[name]
  const own = [
    name,
    profilePath === undefined ? round : 'profile',
    ...(ratePerSecond === 0 ? [] : ['paced']),
    ...(attempt === 1 ? [] : ['again']),
  ].join('-')
  const seeded = arm.kind === 'reads' ? inputs[arm.input] : undefined
  const followed = ratePerSecond === 0 ? saturatingCount : Math.ceil(ratePerSecond * (loadWarmSeconds + ground.seconds))
  const input: ArmInput = {
    mode: arm.mode,
    brokers: servers?.addresses.kafkaBrokers ?? '',
    registryUrl: servers?.addresses.schemaRegistryUrl ?? '',
    databaseUrl: servers?.addresses.databaseUrl ?? '',
    otlpUrl: ground.otlpUrl,
    topic: arm.kind === 'reads' ? arm.input : own,
    partitions: seeded?.partitions ?? partitionCount,
    count: seeded?.count ?? (arm.kind === 'follows' ? followed : 0),
    name: own,
    output: own,
    seconds: ground.seconds,
    ratePerSecond,
    ...(profilePath !== undefined && { profilePath }),
  }
  const result = await proved(arm, input, ground)
  const figures = `${Math.round(result.recordsPerSecond)}/s ${result.cpuMicrosPerRecord.toFixed(2).padStart(7)} us`
  const others = [
    ...(result.p99Ms === undefined ? [] : [`p99 ${result.p99Ms.toFixed(1)} ms`]),
    ...(result.bytesPerRecord === undefined ? [] : [`${result.bytesPerRecord.toFixed(0)} B`]),
  ]
  say(`  ${String(round).padStart(2)} ${arm.label.padEnd(58)} ${figures.padStart(22)} ${others.join(' ')}`.trimEnd())
  return result
}

const proved = async (arm: Arm, input: ArmInput, { servers, signal }: KernelGround): Promise<ArmResult> => {
  if (arm.kind === 'alone') return await runArmProcess(arm, input, { signal })
  if (servers === undefined) throw new TypeError(`${arm.label} needs servers`)
  const { topics, openLoop } = servers
  if (arm.kind === 'reads') {
    if (arm.maps) await topics.create(input.output)
    const result = await runArmProcess(arm, input, { signal })
    const groups = result.groups ?? []
    await topics.checkCommitted(groups, input.topic)
    if (!arm.maps) return result
    const written = { format: 'avro', ordered: false, times: groups.length } as const
    return { ...result, duplicates: await topics.checkWritten(input.output, input.count, written) }
  }
  await topics.create(input.topic)
  if (arm.kind === 'writes') {
    const result = await runArmProcess(arm, input, { signal })
    const written = { format: arm.format, ordered: arm.ordered === true, times: 1 }
    return { ...result, duplicates: await topics.checkWritten(input.topic, result.published ?? 0, written) }
  }
  const load = await openLoop.prepare(input)
  const broken = new AbortController()
  const result = await runArmProcess(arm, input, {
    signal: AbortSignal.any([signal, broken.signal]),
    onReady: (startAtMs) => void load.send(startAtMs, signal).catch((error: unknown) => broken.abort(error)),
  })
  await topics.checkCommitted(result.groups ?? [], input.topic)
  return result
}
