import { type ArmName, arms, inputs } from './arms.ts'
import { measureArm } from './measure-arm.ts'
import { profileArms } from './profile-arms.ts'
import { median } from './statistics.ts'
import { withGround } from './with-ground.ts'

export interface CostsOptions {
  readonly seconds: number
  readonly rounds: number
  readonly profileFolder: string | undefined
  readonly drawingFolder: string
  readonly signal: AbortSignal
  readonly say: (line: string) => void
}

/** What a message costs, part by part, in microseconds of processor time. */
export interface CostFigures {
  /** The client alone, ours without and with the codec. */
  readonly bytesMicros: number
  readonly opaqueMicros: number
  readonly fullMicros: number
  readonly parts: readonly { readonly part: string; readonly micros: number }[]
}

const measured = ['bytes', 'opaque', 'full'] as const satisfies readonly ArmName[]

/**
 * Where the microseconds of a message go: the processor time of our whole path, divided by a profile of it, beside that of the client
 * alone. The profile's shares are of the main thread; they are scaled to the processor time of the unprofiled runs.
 */
export const measureCosts = async (
  options: CostsOptions,
): Promise<{ readonly figures: { readonly costs: CostFigures }; readonly raw: Readonly<Record<string, unknown>> }> => {
  const { signal, say, rounds } = options
  const seeded = new Set(measured.map((name) => arms[name].input satisfies keyof typeof inputs))
  return await withGround({ ...options, servers: true, seeded }, async (ground, versions) => {
    const micros = new Map<ArmName, number[]>(measured.map((name) => [name, []]))
    for (let round = 1; round <= rounds; round++) {
      for (const name of round % 2 === 1 ? measured : measured.toReversed()) {
        const { cpuMicrosPerRecord } = await measureArm(ground, name, { round, ratePerSecond: 0 })
        micros.get(name)?.push(cpuMicrosPerRecord)
        signal.throwIfAborted()
      }
    }
    const of = (name: ArmName): number => median(micros.get(name) ?? [])
    const profiles = await profileArms(ground, ['full'], { ...options, ratePerSecond: 0 })
    const fullMicros = of('full')
    const parts = (profiles[0]?.parts ?? []).map(({ part, share }) => ({ part, micros: share * fullMicros }))
    const costs = { bytesMicros: of('bytes'), opaqueMicros: of('opaque'), fullMicros, parts }
    for (const { part, micros } of parts) say(`  ${part.padEnd(42)} ${micros.toFixed(2).padStart(6)} us`)
    return { figures: { costs }, raw: { versions, micros: Object.fromEntries(micros), profiles } }
  })
}
