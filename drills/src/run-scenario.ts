import { setTimeout as pause } from 'node:timers/promises'
import { checkObserved, type Invariant, type Observed, smallest, type Violation } from '@interchange/drill-kit'
import { replayLaneName } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import type { Arena } from './arena.ts'
import { type BoundFigure, figuresOf, isKept, takeOvers } from './figures.ts'
import { observe } from './observe.ts'
import { type Timeline, timelineOf } from './report/tally.ts'
import type { Scenario, Size } from './scenario.ts'
import type { SoakFigures } from './soak/soak-figures.ts'
import { type Actor, openStage, type Stage } from './stage.ts'
import { openBooks, startReaders, unbooked, unread } from './transfers.ts'

/** What a drill came to. */
export interface ScenarioResult {
  readonly name: string
  readonly size: Size
  readonly seed: number
  readonly messages: number
  readonly acknowledged: number
  readonly effects: number
  readonly letters: number
  /** Copies in the log beyond the first of each id: allowed, and seen. */
  readonly repeatedRecords: number
  readonly faults: readonly { readonly fault: string; readonly target: string; readonly effective: boolean }[]
  /** From each fault that took partitions from a member to their next owner, in milliseconds, in rising order. */
  readonly takeOverMs: readonly number[]
  /** From the end of the faults until all was settled. */
  readonly settledMs: number | null
  /** What the scenario has bounds for. */
  readonly figures: readonly BoundFigure[]
  /** When everything happened; its faults are in the order of `faults`. */
  readonly timeline?: Timeline
  /** Of the soak alone. */
  readonly soak?: SoakFigures
  readonly broken: Readonly<Partial<Record<Invariant, number>>>
  /** The smallest counter-example of each broken invariant. */
  readonly counterExamples: readonly Violation[]
  /** Every fault took effect, the figures keep their bounds and the invariants hold; for a red control: one of them is broken. */
  readonly passed: boolean
}

export interface RunOptions {
  readonly size: Size
  readonly seed: number
  readonly run: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
  /** Takes what answers all that was noted so far, as soon as there is somebody who notes. */
  readonly onFacts?: (facts: Stage['facts']) => void
}

/** Runs one scenario to its verdict. */
export const runScenario = async (scenario: Scenario, arena: Arena, options: RunOptions): Promise<ScenarioResult> => {
  const stage = await openStage(arena, scenario, options.run)
  try {
    options.onFacts?.(stage.facts)
    stage.members.push(...(await Promise.all(Array.from({ length: scenario.members }, () => stage.start('member')))))
    await startReaders(stage)
    const closeBooks = await openBooks(stage)
    const writer = await startWriter(stage)
    const faults = await carryOutAll(scenario, stage, writer, options)
    const settledMs = await settle(stage, writer)
    await closeBooks()
    const observed = await observe(stage)
    return resultOf(scenario, observed, { ...options, faults, settledMs })
  } finally {
    await stage.close()
  }
}

const writers = {
  publisher: 'writer',
  outbox: 'outbox-writer',
  'stock-kafkajs': 'stock-writer',
  aborting: 'aborting-writer',
} as const

/** Starts who writes the load, and resolves at the first acknowledgement. */
export const startWriter = async (stage: Stage): Promise<Actor> => {
  const { by, keys, perSecond, poisonRun = 0 } = stage.setting.load
  const writer = await stage.start(writers[by], { args: [keys, perSecond, poisonRun].map(String) })
  const sent = () => stage.facts().some((fact) => fact.op === 'send' && fact.phase === 'ok')
  await waitFor(sent, { timeoutMs: 60_000, everyMs: 50, what: 'the first acknowledgement' })
  return writer
}

const carryOutAll = async (
  scenario: Scenario,
  stage: Stage,
  writer: Actor,
  { size, seed, signal, say }: RunOptions,
): Promise<ScenarioResult['faults']> => {
  const random = createRandom(seed)
  const faults: { fault: string; target: string; effective: boolean }[] = []
  for (const { fault, times, everyMs } of scenario.faults) {
    for (let time = 1; time <= times[size]; time++) {
      await pause(everyMs, undefined, { signal })
      stage.history.note({ op: 'fault', phase: 'begin', fault: fault.name, target: '' })
      try {
        const target = await fault.carryOut({ stage, random, time, writer })
        stage.history.note({ op: 'fault', phase: 'effective', fault: fault.name, target })
        faults.push({ fault: fault.name, target, effective: true })
      } catch (error) {
        const target = error instanceof Error ? error.message : String(error)
        faults.push({ fault: fault.name, target, effective: false })
        say(`  ${fault.name}: ${target}`)
      }
      stage.history.note({ op: 'fault', phase: 'end', fault: fault.name, target: '' })
    }
  }
  return faults
}

/** Ends the writing and waits until the group has settled all of it; answers how long that took, or null when it was late. */
export const settle = async (stage: Stage, writer: Actor): Promise<number | null> => {
  const { setting, history } = stage
  if (setting.load.by === 'outbox') await stage.start('relay')
  history.note({ op: 'heal', withinMs: setting.settleMs })
  const startedMs = performance.now()
  writer.signal('SIGTERM')
  try {
    const left = async (): Promise<boolean> => {
      if (writer.process.exit() === null) throw new Error('the writer has sends under way')
      const open = await unsettled(stage)
      if (open !== '') throw new Error(open)
      return true
    }
    await waitFor(left, { timeoutMs: setting.settleMs, everyMs: 100, what: 'calm' })
    history.note({ op: 'calm' })
    return Math.round(performance.now() - startedMs)
  } catch (error) {
    history.note({ op: 'late', detail: error instanceof Error ? error.message : String(error) })
    return null
  }
}

/** What there is still to do, in words; '' when everything is settled. */
const unsettled = async (stage: Stage): Promise<string> => {
  const { admin, database, setting, topic, group, facts } = stage
  const behind = unread(stage)
  if (behind !== '' || setting.members === 0) return behind
  if (setting.load.by === 'outbox') {
    const [row] = await database.query<{ sent: string }>('SELECT count(DISTINCT id) AS sent FROM effect')
    const written = facts().filter((fact) => fact.op === 'send' && fact.phase === 'ok').length
    if (Number(row?.sent) < written) return `${row?.sent} of ${written} rows have their effect`
  }
  for (const name of [topic, replayLaneName(topic, group)]) {
    const committed = new Map(
      (await admin.committedOffsets(group, [name])).map(({ partition, offset }) => [partition, offset]),
    )
    const open = (await admin.topicOffsets(name)).filter(
      ({ partition, latest }) => (committed.get(partition) ?? 0) < latest,
    )
    if (open.length > 0)
      return open
        .map(({ partition, latest }) => `${name} ${partition}: ${committed.get(partition) ?? 0} of ${latest}`)
        .join(', ')
  }
  const [waiting] = await database.query<{ count: string }>('SELECT count(*) AS count FROM waiting')
  return waiting?.count === '0' ? await unbooked(stage) : `${waiting?.count} messages wait`
}

const resultOf = (
  { name, invariants, bounds = {}, mustBreak = false }: Scenario,
  observed: Observed,
  run: RunOptions & Pick<ScenarioResult, 'faults' | 'settledMs'>,
): ScenarioResult => {
  const sends = observed.history.filter((fact) => fact.op === 'send')
  const violations = Map.groupBy(checkObserved(observed, invariants), ({ invariant }) => invariant)
  const broken = Object.fromEntries([...violations].map(([invariant, found]) => [invariant, found.length]))
  const effective = run.faults.every((fault) => fault.effective)
  const figures = figuresOf(observed, bounds)
  return {
    name,
    size: run.size,
    seed: run.seed,
    messages: new Set(sends.map(({ id }) => id)).size,
    acknowledged: new Set(sends.flatMap(({ id, phase }) => (phase === 'ok' ? [id] : []))).size,
    effects: observed.effects.length,
    letters: observed.letters.length,
    repeatedRecords: observed.log.length - new Set(observed.log.map(({ id }) => id)).size,
    faults: run.faults,
    takeOverMs: takeOvers(observed.history),
    settledMs: run.settledMs,
    timeline: timelineOf(observed.history),
    figures,
    broken,
    counterExamples: [...violations.values()].flatMap((found) => smallest(found) ?? []),
    passed: effective && figures.every(isKept) && violations.size > 0 === mustBreak,
  }
}

/** mulberry32: small, and the same everywhere. */
export const createRandom = (seed: number): (() => number) => {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
