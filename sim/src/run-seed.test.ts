import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernel, loadKernel } from './kernel.ts'
import { faultsMin, runSeed, stepsMin } from './run-seed.ts'
import { simulate } from './simulate.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await loadKernel()
})

const seeds = Number(process.env['INTERCHANGE_SIM_SEEDS'] ?? 10_000)

describe('the simulation', () => {
  it('replays: one seed is one history, event for event; another seed is another', { timeout: 300_000 }, async () => {
    const histories: string[] = []
    for (let seed = 101; seed <= 110; seed++) {
      const [first, second] = [await runSeed(kernel, seed), await runSeed(kernel, seed)]
      expect(JSON.stringify(second.history)).toBe(JSON.stringify(first.history))
      expect({ ...second, history: [] }).toEqual({ ...first, history: [] })
      histories.push(JSON.stringify(first.history))
    }
    expect(new Set(histories).size).toBe(10)
  })

  it(`finds no violation in ${seeds} seeds, each of them big enough to count`, { timeout: 1_800_000 }, async () => {
    const { signal } = new AbortController()
    const result = await simulate({ firstSeed: 1, seeds, mode: 'liveness', signal, progress: () => undefined })
    expect(result.violating.map(({ seed, violations }) => ({ seed, violations: violations.slice(0, 3) }))).toEqual([])
    expect(result.tooSmall).toEqual([])
    expect(result.seeds).toBe(seeds)
    expect(result.figures.steps.least).toBeGreaterThanOrEqual(stepsMin)
    expect(result.figures.faults.least).toBeGreaterThanOrEqual(faultsMin)
    // What a run is for has happened in it; a short one may lack some of it.
    if (seeds < 1_000) return
    for (const name of ['waited', 'takenOver', 'fenced', 'replayed', 'held', 'retried', 'relayed'] as const)
      expect({ name, most: result.figures[name].most }).not.toEqual({ name, most: 0 })
    for (const [kind, count] of Object.entries(result.faults)) expect({ kind, count }).not.toEqual({ kind, count: 0 })
  })

  it.each([10_987, 13_696, 21_962, 23_074, 36_635, 76_656])(
    'finds none in seed %i, which was red once',
    async (seed) => {
      expect((await runSeed(kernel, seed)).violations).toEqual([])
    },
  )

  it('says the same in one thread and in two, and ends when it is told to', { timeout: 600_000 }, async () => {
    const run = (workers: number, signal: AbortSignal) =>
      simulate({ firstSeed: 1, seeds: 50, mode: 'liveness', workers, signal, progress: () => undefined })
    const { signal } = new AbortController()
    const [one, two] = [await run(1, signal), await run(2, signal)]
    expect(two).toEqual(one)
    const aborted = await run(2, AbortSignal.abort())
    expect(aborted.seeds).toBe(0)
  })

  it('checks a run that ends amid the faults, and leaves the globals as they were', { timeout: 120_000 }, async () => {
    const { setImmediate: before } = globalThis
    const result = await runSeed(kernel, 7, 'safety')
    expect(result.violations).toEqual([])
    expect(result.figures.healedMs).toBe(0)
    expect(globalThis.setImmediate).toBe(before)
    expect(Object.hasOwn(performance, 'now')).toBe(false)
  })
})
