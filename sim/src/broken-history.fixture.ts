import { expect } from 'vitest'
import { checkHistory } from './check-history.ts'
import type { Invariant } from './checkers/check.ts'
import type { Happened } from './history.ts'
import { loadKernel } from './kernel.ts'
import type { Plan } from './plan.ts'
import { runSeed, type SeedResult } from './run-seed.ts'

export type Kind = Happened['kind']
export type Of<K extends Kind> = Extract<Happened, { kind: K }>

/** The first seed with everything in it that is to be broken, whatever the kernel makes of the seeds. */
export const firstSeed = async (
  fits: (plan: Plan) => boolean,
  needed: readonly ((event: Happened) => boolean)[],
): Promise<SeedResult> => {
  const kernel = await loadKernel()
  for (let seed = 1; seed < 1_000; seed++) {
    const result = await runSeed(kernel, seed)
    if (fits(result.plan) && needed.every((need) => result.history.some(need))) return result
  }
  throw new Error('no seed has all of it')
}

export const any = (): boolean => true

/** Breaks the first event of a kind for which `pick` holds, and gives back what the checkers say. */
export const red = <K extends Kind>(
  { plan, history }: SeedResult,
  kind: K,
  pick: (event: Of<K>, index: number) => boolean,
  break_: (event: Of<K>) => readonly Happened[],
): ReadonlySet<Invariant> => {
  const index = history.findIndex((event, at) => event.kind === kind && pick(event as Of<K>, at))
  expect(index, `an event ${kind} to break`).toBeGreaterThanOrEqual(0)
  return found(plan, history.toSpliced(index, 1, ...break_(history[index] as Of<K>)))
}

/** What the checkers say when every event is changed so; undefined leaves one out. */
export const redAll = (
  { plan, history }: SeedResult,
  change: (event: Happened) => Happened | undefined,
): ReadonlySet<Invariant> =>
  found(
    plan,
    history.flatMap((event) => change(event) ?? []),
  )

const found = (plan: Plan, history: readonly Happened[]): ReadonlySet<Invariant> =>
  new Set(checkHistory(plan, history).map(({ invariant }) => invariant))
