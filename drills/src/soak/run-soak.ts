import { setTimeout as pause } from 'node:timers/promises'
import type { Arena } from '../arena.ts'
import type { Occasion } from '../faults/fault.ts'
import type { Progress } from '../progress.ts'
import { createRandom, type ScenarioResult, settle, startWriter } from '../run-scenario.ts'
import { delivery } from '../scenarios/delivery.ts'
import type { Setting } from '../setting.ts'
import { openStage, type Stage } from '../stage.ts'
import { createProcessWatch } from './process-watch.ts'
import { createRotation, isNoisy, type Turn } from './rotation.ts'
import { soak } from './soak.data.ts'
import { missedBounds } from './soak-figures.ts'
import { verdictBySlices } from './verdict.ts'

const setting: Setting = {
  name: soak.name,
  brokers: 3,
  members: 3,
  // A little more than is asked for: a writer that is held up catches up, but ends with its last tick.
  load: { by: 'publisher', keys: 240, perSecond: 620 },
  keepFactsMs: 20_000,
  settleMs: 120_000,
}

const faultEveryMs = 7_000
const sampleEveryMs = 5_000

export interface SoakOptions {
  readonly minutes: number
  readonly seed: number
  readonly run: string
  /** Ends the faults and the load early; the verdict is over what there was. */
  readonly signal: AbortSignal
  readonly progress: Progress
}

/** Runs the soak to its verdict. */
export const runSoak = async (arena: Arena, options: SoakOptions): Promise<ScenarioResult> => {
  const { minutes, seed, progress } = options
  const stage = await openStage(arena, setting, options.run)
  const startedMs = performance.now()
  const live = { written: 0, backlog: 0, begun: 0, effective: 0, doing: 'starting' }
  const hide = progress.show(
    () =>
      `${live.written} written, ${live.backlog} to do, ${live.effective} of ${live.begun} faults seen: ${live.doing}`,
  )
  try {
    stage.members.push(...(await Promise.all(Array.from({ length: setting.members }, () => stage.start('member')))))
    // Nobody kills or stops these two, so that there are lives long enough to see what grows.
    const spared = await stage.start('member')
    const writer = await startWriter(stage)
    const watch = createProcessWatch()
    const backlogs: number[] = []
    const loop = { stage, writer, live, totalMs: minutes * 60_000, ...options }
    const over = new AbortController()
    const watching = watchAll(loop, over.signal, backlogs, () => watch.look([...stage.members, spared, writer]))
    const loadedMs = performance.now()
    const faults = await carryOutRotation(loop)
    const ranMs = performance.now() - loadedMs
    over.abort()
    await watching
    live.doing = 'settling'
    const settledMs = await settle(stage, writer)
    live.doing = 'verdict'
    const verdict = await verdictBySlices(stage, delivery)
    const effective = faults.filter((fault) => fault.effective).length
    const processes = watch.trends().filter(({ mbPerMinute, proc }) => mbPerMinute !== null || proc === spared.proc)
    const figures = {
      minutes: Math.round(ranMs / 6_000) / 10,
      perSecond: Math.round(verdict.acknowledged / (ranMs / 1_000)),
      backlogs,
      processes,
    }
    const missed = missedBounds(figures, effective, ranMs / 60_000)
    const isSound = Object.keys(verdict.broken).length === 0
    return {
      name: setting.name,
      size: 'full',
      seed,
      ...verdict,
      faults,
      settledMs,
      figures: [],
      passed: isSound && missed.length === 0,
      soak: { ...figures, missed },
    }
  } finally {
    hide()
    progress.say(`  over after ${((performance.now() - startedMs) / 60_000).toFixed(1)} min`)
    await stage.close()
  }
}

interface Loop extends SoakOptions, Pick<Occasion, 'stage' | 'writer'> {
  readonly totalMs: number
  readonly live: { written: number; backlog: number; begun: number; effective: number; doing: string }
}

/** A fault each seven seconds in the noisy quarters, several at once when one lasts; no two on one victim. */
const carryOutRotation = async (loop: Loop): Promise<ScenarioResult['faults']> => {
  const { stage, totalMs, seed, signal, live } = loop
  const random = createRandom(seed)
  const next = createRotation(random)
  const busy = new Map<Turn['victim'], Promise<void>>()
  const faults: { fault: string; target: string; effective: boolean }[] = []
  const times = new Map<Turn, number>()
  const startedMs = performance.now()
  const sinceStart = (): number => performance.now() - startedMs
  for (let tick = 1; sinceStart() < totalMs && !signal.aborted; tick++) {
    const waitMs = Math.min(tick * faultEveryMs, totalMs) - sinceStart()
    // Who says stop means now; what is under way is waited for below.
    await pause(Math.max(0, waitMs), undefined, { signal }).catch(() => undefined)
    if (signal.aborted || sinceStart() >= totalMs || !isNoisy(sinceStart(), totalMs)) continue
    const turn = next(new Set(busy.keys()))
    if (turn === undefined) continue
    const place = faults.push({ fault: turn.fault.name, target: '', effective: false }) - 1
    const time = (times.get(turn) ?? 0) + 1
    times.set(turn, time)
    live.begun++
    live.doing = turn.fault.name
    const carriedOut = carryOutOne(turn, { ...loop, random, time }).then((seen) => {
      faults[place] = { fault: turn.fault.name, ...seen }
      if (seen.effective) live.effective++
      busy.delete(turn.victim)
    })
    busy.set(turn.victim, carriedOut)
  }
  live.doing = 'last faults'
  await Promise.all(busy.values())
  await completeMembers(stage)
  return faults
}

const carryOutOne = async (
  { fault, victim }: Turn,
  { stage, writer, random, time, progress }: Loop & Pick<Occasion, 'random' | 'time'>,
): Promise<{ target: string; effective: boolean }> => {
  stage.history.note({ op: 'fault', phase: 'begin', fault: fault.name, target: '' })
  try {
    const target = await fault.carryOut({ stage, random, time, writer })
    stage.history.note({ op: 'fault', phase: 'effective', fault: fault.name, target })
    return { target, effective: true }
  } catch (error) {
    const target = error instanceof Error ? error.message : String(error)
    progress.say(`    ${fault.name}: ${target}`)
    if (victim === 'members') await completeMembers(stage)
    return { target, effective: false }
  } finally {
    stage.history.note({ op: 'fault', phase: 'end', fault: fault.name, target: '' })
  }
}

/** A fault that failed may have taken a member and not brought one back. */
const completeMembers = async (stage: Stage): Promise<void> => {
  const alive = stage.members.filter((member) => member.pid() !== null)
  stage.members.splice(0, stage.members.length, ...alive)
  while (stage.members.length < setting.members) stage.members.push(await stage.start('member'))
}

/** Samples processes and the backlog until it is told that all is over. */
const watchAll = async (
  { stage, totalMs, live }: Loop,
  over: AbortSignal,
  backlogs: number[],
  look: () => Promise<void>,
): Promise<void> => {
  const startedMs = performance.now()
  let quietBefore = false
  while (!over.aborted) {
    await pause(sampleEveryMs, undefined, { signal: over }).catch(() => undefined)
    await look()
    // While a broker is being killed it may not answer: the next look does.
    const backlog = await backlogOf(stage).catch(() => null)
    if (backlog !== null) Object.assign(live, backlog)
    const endOfNextMs = performance.now() - startedMs + sampleEveryMs
    const isQuiet = !isNoisy(Math.min(endOfNextMs, totalMs - 1), totalMs) && endOfNextMs < totalMs
    if (quietBefore && !isQuiet && backlog !== null) backlogs.push(backlog.backlog)
    quietBefore = isQuiet
  }
}

const backlogOf = async ({ admin, topic, group }: Stage): Promise<{ written: number; backlog: number }> => {
  const ends = await admin.topicOffsets(topic)
  const committed = await admin.committedOffsets(group, [topic])
  const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0)
  const written = sum(ends.map(({ latest }) => latest))
  return { written, backlog: written - sum(committed.map(({ offset }) => offset)) }
}
