import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ArmName, arms } from './arms.ts'
import { type CostPart, costParts } from './cost-parts.ts'
import { type CpuProfile, callTree, hottest } from './cpu-profile.ts'
import { flameGraph } from './flame-graph.ts'
import { type KernelGround, measureArm } from './measure-arm.ts'

/** Where one arm spent its time: a run of its own, whose figures are not compared. */
export interface ArmProfile {
  readonly arm: ArmName
  readonly cpuMicrosPerRecord: number
  /** Shares of the main thread's time: by part, and the functions at the top. */
  readonly parts: readonly CostPart[]
  readonly hottest: readonly { readonly name: string; readonly share: number }[]
}

export interface ProfileOptions {
  /** Where `<arm>.svg` goes. */
  readonly drawingFolder: string
  /** Where `<arm>.cpuprofile` stays; nowhere when undefined. */
  readonly profileFolder: string | undefined
  readonly ratePerSecond: number
}

const hottestMax = 6

/** Runs each of the arms once more under the profiler, and draws what it did. */
export const profileArms = async (
  ground: KernelGround,
  names: Iterable<ArmName>,
  { drawingFolder, profileFolder, ratePerSecond }: ProfileOptions,
): Promise<readonly ArmProfile[]> => {
  const folder = profileFolder ?? (await mkdtemp(join(tmpdir(), 'bench-profiles-')))
  const profiles: ArmProfile[] = []
  try {
    for (const name of names) {
      const { kind, label } = arms[name]
      // It says itself where it allocates.
      if (kind === 'alone') continue
      ground.say(`  profiling ${label}`)
      await Promise.all([mkdir(folder, { recursive: true }), mkdir(drawingFolder, { recursive: true })])
      const profilePath = join(folder, `${name}.cpuprofile`)
      const paced = kind === 'follows' ? ratePerSecond : 0
      const { cpuMicrosPerRecord } = await measureArm(ground, name, { round: 0, ratePerSecond: paced, profilePath })
      const root = callTree(JSON.parse(await readFile(profilePath, 'utf8')) as CpuProfile)
      const title = `${label}: ${cpuMicrosPerRecord.toFixed(2)} us a message`
      await writeFile(join(drawingFolder, `${name}.svg`), flameGraph(title, root))
      profiles.push({ arm: name, cpuMicrosPerRecord, parts: costParts(root), hottest: hottest(root, hottestMax) })
    }
  } finally {
    if (profileFolder === undefined) await rm(folder, { recursive: true, force: true })
  }
  return profiles
}
