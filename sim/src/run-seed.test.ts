import { beforeAll, describe, expect, it } from 'vitest'
import { type Kernel, loadKernel } from './kernel.ts'
import { faultsMin, runSeed, stepsMin } from './run-seed.ts'
import { simulate } from './simulate.ts'

let kernel: Kernel
beforeAll(async () => {
  kernel = await loadKernel()
})

/** The whole run has 10,000: INTERCHANGE_SIM_SEEDS=10000. */
const seeds = Number(process.env['INTERCHANGE_SIM_SEEDS'] ?? 1_000)

describe('the simulation', () => {
  it('replays: one seed is one history, event for event; another seed is another', { timeout: 60_000 }, async () => {
    const histories: string[] = []
    for (let seed = 101; seed <= 120; seed++) {
      const [first, second] = [await runSeed(kernel, seed), await runSeed(kernel, seed)]
      expect(JSON.stringify(second.history)).toBe(JSON.stringify(first.history))
      expect({ ...second, history: [] }).toEqual({ ...first, history: [] })
      histories.push(JSON.stringify(first.history))
    }
    expect(new Set(histories).size).toBe(20)
  })

  it(`finds no violation in ${seeds} seeds, each of them big enough to count`, { timeout: 900_000 }, async () => {
    const { signal } = new AbortController()
    const progress = (): void => undefined
    const result = await simulate({ kernel, firstSeed: 1, seeds, mode: 'liveness', signal, progress })
    expect(result.violating.map(({ seed, violations }) => ({ seed, violations: violations.slice(0, 3) }))).toEqual([])
    expect(result.tooSmall).toEqual([])
    expect(result.seeds).toBe(seeds)
    expect(result.figures['steps']?.least).toBeGreaterThanOrEqual(stepsMin)
    expect(result.figures['faults']?.least).toBeGreaterThanOrEqual(faultsMin)
    for (const [kind, count] of Object.entries(result.faults)) expect({ kind, count }).not.toEqual({ kind, count: 0 })
  })

  it('checks a run that ends amid the faults, and leaves the globals as they were', async () => {
    const { setImmediate: before } = globalThis
    const result = await runSeed(kernel, 7, 'safety')
    expect(result.violations).toEqual([])
    expect(result.healedMs).toBeUndefined()
    expect(globalThis.setImmediate).toBe(before)
    expect(Object.hasOwn(performance, 'now')).toBe(false)
  })
})
