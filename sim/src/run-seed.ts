import { seededRandom } from '@interchange/messaging/memory'
import { createBroker } from './broker.ts'
import { checkHistory, type Violation } from './check-history.ts'
import { createDatabase } from './database.ts'
import { createDice } from './dice.ts'
import { createEffectTables } from './effect-store.ts'
import { type FaultKind, faultKinds, type Happened, type HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import { createNemesis } from './nemesis.ts'
import { createPlan, type Plan } from './plan.ts'
import { createRegistry } from './registry.ts'
import { startOutbox } from './relays.ts'
import { startReplayDesk } from './replay-desk.ts'
import type { Scene } from './scene.ts'
import { startSource } from './source.ts'
import { createWaitingTable } from './waiting-table.ts'
import { createWorld } from './world.ts'

/** `safety` ends amid the faults; `liveness` then heals and demands that everything comes to an end. */
export type Mode = 'safety' | 'liveness'

export interface SeedResult {
  readonly seed: number
  readonly plan: Plan
  readonly history: readonly Happened[]
  readonly violations: readonly Violation[]
  readonly faults: Readonly<Record<FaultKind, number>>
  readonly virtualMs: number
  readonly figures: {
    readonly steps: number
    readonly members: number
    readonly rebalances: number
    /** Virtual time from the end of the faults until everything was settled; 0 in `safety`. */
    readonly healedMs: number
    /** Rows written into the waiting table, rows another member took over, and writes refused for a void claim. */
    readonly waited: number
    readonly takenOver: number
    readonly fenced: number
    readonly replayed: number
    /** Keys held behind a letter, and records written into retry topics. */
    readonly held: number
    readonly retried: number
    /** Rows written into the outbox. */
    readonly relayed: number
  }
}

export const stepsMin = 300
export const faultsMin = 2
/** After the faults end, everything is settled and committed within this much virtual time (V17). */
export const healedMsMax = 60_000
/** Whatever was still on its way when the faults ended has arrived after this much. */
const stragglersMs = 1_000
const faultPhaseMsMax = 20_000
/** A kernel that goes in circles is no reason for the simulator to do so. */
const stepsMax = 60_000

/** Runs one seed. The same seed and the same kernel give the same history, event for event. */
export const runSeed = async (kernel: Kernel, seed: number, mode: Mode = 'liveness'): Promise<SeedResult> => {
  const world = createWorld(seededRandom(seed))
  const beganAtMs = world.nowMs
  const history: Happened[] = []
  const faults = Object.fromEntries(faultKinds.map((kind) => [kind, 0])) as Record<FaultKind, number>
  let faultCount = 0
  const counts = { rebalances: 0, waited: 0, takenOver: 0, fenced: 0, replayed: 0, held: 0, retried: 0, relayed: 0 }
  const note = (event: HistoryEvent): void => {
    history.push({ ...event, atMs: world.nowMs - beganAtMs })
    switch (event.kind) {
      case 'fault':
        faults[event.fault]++
        faultCount++
        break
      case 'assigned':
        counts.rebalances++
        break
      case 'put':
        counts.waited += event.rows.length
        break
      case 'claimed':
        counts.takenOver += event.rows.length
        break
      case 'fenced':
        counts.fenced++
        break
      case 'replay':
        if (event.phase === 'sent') counts.replayed++
        break
      case 'held':
        counts.held++
        break
      case 'append':
        if (event.retry !== undefined) counts.retried++
        break
      case 'written':
        counts.relayed++
    }
  }
  const plan = createPlan(world.random)
  const dice = createDice(world.random)
  const broker = await createBroker(kernel, world, plan, note)
  const database = createDatabase(kernel, world, dice, note)
  const waiting = createWaitingTable(kernel, database, note)
  const outbox = plan.outbox && startOutbox({ kernel, world, plan, dice, broker, database, note }, plan.outbox.writings)
  const effects = createEffectTables(kernel, plan, database, waiting, outbox, note)
  const registry = createRegistry(kernel, world, dice, note)
  const dependency = { away: false }
  const scene: Scene = { kernel, world, plan, dice, broker, database, waiting, effects, registry, note, dependency }
  const nemesis = createNemesis(scene)
  const desk = startReplayDesk(scene)
  const source = await startSource(scene)

  const busy = (): boolean => world.nowMs - beganAtMs < plan.publishingMs + 200
  const tried = (): boolean => world.steps >= stepsMin && faultCount >= faultsMin && !busy()
  let healedMs = 0
  await world.run(() => tried() || world.steps > stepsMax, beganAtMs + faultPhaseMsMax)
  if (mode === 'liveness') {
    note({ kind: 'healed', detail: '' })
    dice.heal()
    nemesis.stop()
    outbox?.stop()
    const healedAtMs = world.nowMs
    const unsettled = (): string[] =>
      [
        source.isOver ? '' : 'not everything is published',
        desk.isOver ? '' : 'not every replay is sent',
        waiting.rows === 0 ? '' : `${waiting.rows} messages wait`,
        waiting.held === 0 ? '' : `${waiting.held} keys are held`,
        outbox?.isOver === false ? 'the outbox is not empty' : '',
        broker.isDrained() ? '' : 'not everything is committed',
        nemesis.members.every(({ group }) => group !== undefined) ? '' : 'not every member has started',
      ].filter((what) => what !== '')
    /** Asked for after every step. */
    const calm = (): boolean =>
      source.isOver &&
      desk.isOver &&
      waiting.rows === 0 &&
      waiting.held === 0 &&
      outbox?.isOver !== false &&
      broker.isDrained() &&
      nemesis.members.every(({ group }) => group !== undefined)
    const untilMs = healedAtMs + healedMsMax
    const settle = (): Promise<boolean> => world.run(() => calm() || world.steps > stepsMax, untilMs)
    await settle()
    const quietFromMs = world.nowMs + stragglersMs
    await world.run(() => world.nowMs >= quietFromMs || world.steps > stepsMax, untilMs + stragglersMs)
    await settle()
    healedMs = world.nowMs - healedAtMs
    const unhealthy = nemesis.members
      .filter(({ group }) => !['running', 'degraded'].includes(group?.health().state ?? ''))
      .map(({ process, group }) => `${process.name} is ${group?.health().state}: ${group?.health().detail}`)
    const restful = calm() && unhealthy.length === 0
    note({ kind: restful ? 'calm' : 'restless', detail: [...unsettled(), ...unhealthy].join('; ') })
  }
  return {
    seed,
    plan,
    history,
    violations: checkHistory(plan, history),
    faults,
    virtualMs: world.nowMs - beganAtMs,
    figures: { ...counts, steps: world.steps, members: plan.members.posting + plan.members.ledger, healedMs },
  }
}
