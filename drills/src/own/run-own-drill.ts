import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { freeze, thaw } from '@interchange/drill-kit'
import { lastLines } from '@interchange/stack'
import { createDatabase, type Database } from '@interchange/store'
import { waitFor } from '@interchange/testing'
import type { Arena } from '../arena.ts'
import type { Progress } from '../progress.ts'
import { createRandom } from '../run-scenario.ts'
import type { CommandLine, OwnDrill, OwnFault, OwnInvariant } from './own-drill.ts'
import { type OwnGround, type OwnService, spawnOwn, startOwnService } from './own-service.ts'

/** What a drill of one's own came to. */
export interface OwnResult {
  readonly name: string
  readonly seed: number
  readonly faults: readonly {
    readonly fault: string
    readonly target: string
    readonly effective: boolean
    /** From the end of the fault until the service was ready; of a kill or restart, from its begin. */
    readonly readyMs: number | null
  }[]
  /** `broken` says how: rows of the query, or the last words of the command; null where it held. */
  readonly invariants: readonly { readonly says: string; readonly broken: string | null }[]
  /** How often the service ended although nobody had told it to; it was started again each time. */
  readonly ends: number
  /** From the end of the faults and the load until all invariants held; null: not in time. */
  readonly settledMs: number | null
  readonly passed: boolean
}

export interface RunOwnOptions {
  /** The folder of the drill's file. */
  readonly folder: string
  readonly seed: number
  readonly signal: AbortSignal
  readonly progress: Progress
}

/** What holds must still hold after this: what is done twice may be done late. */
const stillHoldsAfterMs = 2_000
const seenMs = 60_000

/** Runs a drill of a service of one's own to its verdict; the arena is its alone. */
export const runOwnDrill = async (drill: OwnDrill, arena: Arena, options: RunOwnOptions): Promise<OwnResult> => {
  const { progress, seed, folder } = options
  const { cluster } = arena
  const direct = {
    cluster,
    folder,
    env: addresses(
      cluster.brokers.map(({ internalAddress }) => internalAddress),
      cluster.postgres.url,
      arena.registry?.internalUrl,
    ),
  }
  const behindProxies = { ...direct, env: addresses(arena.brokers, arena.databaseUrl, arena.registry?.url) }
  const database = createDatabase({ url: cluster.postgres.url, schema: 'public', poolMax: 2 })
  let doing = 'set-up'
  const hide = progress.show(() => `${drill.name}: ${doing}`)
  const services: OwnService[] = []
  try {
    for (const [index, command] of drill.setUp.entries()) await runCommand(direct, `set-up-${index + 1}`, command)
    doing = 'starting'
    for (let index = 1; index <= drill.service.instances; index++)
      services.push(await startOwnService(drill, behindProxies, `${drill.name}-${index}`))
    const load = drill.load === null ? null : await spawnOwn(direct, 'load', drill.load, direct.env)
    const faults = await carryOutAll(drill, arena, services, { ...options, tell: (what) => (doing = what) })
    doing = 'settling'
    const loadExit = await load?.stop(seenMs)
    const startedMs = performance.now()
    const look = (): Promise<OwnResult['invariants']> => lookAtAll(drill.invariants, database, direct)
    const settledMs = await waitFor(async () => (await look()).every(({ broken }) => broken === null), {
      timeoutMs: drill.settleMs,
      everyMs: 250,
      what: 'the invariants to hold',
    }).then(
      () => Math.round(performance.now() - startedMs),
      () => null,
    )
    await pause(stillHoldsAfterMs)
    const invariants = await look()
    const isLoaded = loadExit === undefined || loadExit.code === 0
    if (!isLoaded) progress.say(`    the load failed\n${lastLines(join(cluster.logFolder, 'load.log'), 20)}`)
    return {
      name: drill.name,
      seed,
      faults,
      invariants,
      ends: services.reduce((sum, service) => sum + service.ends(), 0),
      settledMs,
      passed:
        isLoaded && faults.every(({ effective }) => effective) && invariants.every(({ broken }) => broken === null),
    }
  } finally {
    hide()
    await Promise.all(services.map((service) => service.stop()))
    await database.close()
  }
}

const addresses = (brokers: readonly string[], databaseUrl: string, registryUrl: string | undefined) => ({
  KAFKA_BROKERS: brokers.join(),
  DATABASE_URL: databaseUrl,
  ...(registryUrl !== undefined && { SCHEMA_REGISTRY_URL: registryUrl }),
})

const carryOutAll = async (
  { faults: planned }: OwnDrill,
  arena: Arena,
  services: readonly OwnService[],
  { seed, signal, progress, tell }: RunOwnOptions & { readonly tell: (what: string) => void },
): Promise<OwnResult['faults']> => {
  const random = createRandom(seed)
  const faults: OwnResult['faults'][number][] = []
  for (const { fault, times, everyMs } of planned) {
    const name = 'toxic' in fault ? `${fault.kind} ${fault.toxic.kind}` : fault.kind
    for (let time = 1; time <= times; time++) {
      tell(`${name}, ${time} of ${times}`)
      await pause(everyMs, undefined, { signal })
      const service = services[Math.floor(random() * services.length)]
      if (service === undefined) throw new Error('there is no service')
      try {
        const readySinceMs = await carryOut(fault, service, arena)
        await service.ready()
        const readyMs = Math.round(performance.now() - readySinceMs)
        faults.push({ fault: name, target: 'toxic' in fault ? fault.kind : service.name, effective: true, readyMs })
      } catch (error) {
        const target = error instanceof Error ? error.message : String(error)
        faults.push({ fault: name, target, effective: false, readyMs: null })
        progress.say(`    ${name}: ${target}`)
      }
    }
  }
  return faults
}

/** Does it and answers since when the service should be ready again; rejects when it was not seen to take effect. */
const carryOut = async (fault: OwnFault, service: OwnService, arena: Arena): Promise<number> => {
  const begunMs = performance.now()
  switch (fault.kind) {
    case 'kill':
      await service.replace('SIGKILL')
      return begunMs
    case 'restart':
      await service.replace('SIGTERM')
      return begunMs
    case 'freeze':
      await freeze(service)
      await pause(fault.forMs)
      await thaw(service)
      return performance.now()
    default: {
      const active = await Promise.all(proxiesOf(fault.kind, arena).map((proxy) => proxy.add(fault.toxic)))
      try {
        const effects = (): boolean => active.some((each) => each.effects() > 0)
        await waitFor(effects, { timeoutMs: seenMs, everyMs: 20, what: `an effect of ${fault.toxic.kind}` })
        await pause(fault.forMs)
      } finally {
        await Promise.all(active.map((each) => each.remove()))
      }
      return performance.now()
    }
  }
}

const proxiesOf = (kind: 'network' | 'database' | 'registry', arena: Arena) => {
  if (kind === 'network') return arena.brokerProxies
  if (kind === 'database') return [arena.databaseProxy]
  if (arena.registry === null) throw new Error('this drill has no registry: "registry": true')
  return [arena.registry.proxy]
}

const lookAtAll = async (
  invariants: readonly OwnInvariant[],
  database: Database,
  ground: OwnGround,
): Promise<OwnResult['invariants']> => {
  const looked: OwnResult['invariants'][number][] = []
  for (const [index, invariant] of invariants.entries())
    looked.push({ says: invariant.says, broken: await brokenBy(invariant, database, ground, `invariant-${index + 1}`) })
  return looked
}

const rowsShown = 3

const brokenBy = async (
  invariant: OwnInvariant,
  database: Database,
  ground: OwnGround,
  name: string,
): Promise<string | null> => {
  try {
    if ('command' in invariant) {
      await runCommand(ground, name, invariant.command)
      return null
    }
    const rows = await database.query<object>(invariant.sql)
    if (rows.length === 0) return null
    return `${rows.length} rows: ${rows
      .slice(0, rowsShown)
      .map((row) => JSON.stringify(row))
      .join(' ')}`
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

const runCommand = async (ground: OwnGround, name: string, command: CommandLine): Promise<void> => {
  const { code, signal } = await (await spawnOwn(ground, name, command, ground.env)).exited
  if (code === 0) return
  const log = join(ground.cluster.logFolder, `${name}.log`)
  throw new Error(`${command.join(' ')} ended with ${signal ?? `exit code ${code}`}\n${lastLines(log, 10)}`)
}
