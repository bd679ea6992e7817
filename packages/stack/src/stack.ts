import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { InterchangeError } from '@interchange/messaging'
import { environmentOf, type StackAddresses } from './addresses.ts'
import { bringUp, type Parts } from './bring-up.ts'
import type { Component } from './components/component.ts'
import { publicClusterFolder } from './components/postgres-ground.ts'
import { createPortFinder } from './free-port.ts'
import { type Guard, startGuard } from './guard/guard.ts'
import { checkoutFolder, definedOnly, type Environment, type Home, homeOf } from './home.ts'
import { createReport } from './report.ts'
import { type RunningService, type ServiceOptions, startGuardedService } from './service.ts'
import { readState, type StackState, writeState } from './state-file.ts'

/** How to start a stack; everything has a default. */
export interface StackOptions {
  /** Instead of the process's own. */
  readonly env?: Environment
  /** A stack of its own beside the default one: data and logs go to a folder of this name. */
  readonly name?: string
  /** Removes what an earlier stack of this name left before starting. */
  readonly fresh?: boolean
  /** Takes progress, a line at a time. Default: nobody. */
  readonly report?: (line: string) => void
}

/** A stack that answers, owned by this process: it ends with it, however that ends, unless it is detached. */
export interface RunningStack {
  readonly addresses: StackAddresses
  /** The addresses as variables, for services and tests. */
  readonly env: Readonly<Record<string, string>>
  readonly kafka: Component
  readonly registry: Component
  readonly postgres: Component
  /** Null when traces are off. */
  readonly jaeger: Component | null
  /** Why traces are off and how to get them; null when they are on. */
  readonly tracesOff: string | null
  readonly logFolder: string
  readonly guardPid: number
  startService(options: ServiceOptions): Promise<RunningService>
  /** Lets the stack outlive this process; `stackDown` ends it. */
  detach(): Promise<void>
  /** Ends services, then components. Idempotent. */
  stop(): Promise<void>
}

/**
 * Brings up Kafka, the schema registry, Postgres and, where there is one, Jaeger, and resolves when all of them answer.
 * Throws ICX_STACK_* and leaves nothing running when one does not.
 */
export const startStack = async (options: StackOptions = {}): Promise<RunningStack> => {
  const env = options.env ?? process.env
  const home = homeOf(env, options.name)
  refuseSecond(home)
  if (options.fresh === true) {
    const leftovers = [home.data, home.logs, publicClusterFolder(home)]
    await Promise.all(leftovers.map((folder) => rm(folder, { recursive: true, force: true })))
  }
  await mkdir(home.data, { recursive: true })
  await mkdir(home.logs, { recursive: true })
  const guard = startGuard({ stateFile: home.stateFile, logFile: join(home.logs, 'guard.log') })
  const startedAt = new Date().toISOString()
  writeState(home, {
    guardPid: guard.pid,
    lifeStyle: 'attached',
    startedAt,
    logFolder: home.logs,
    env: {},
    components: [],
  })
  const findPort = createPortFinder()
  try {
    const report = createReport(options.report ?? (() => undefined))
    const parts = await bringUp({ env, home, guard, findPort, report, fresh: options.fresh === true })
    return runningStack({ env, home, guard, findPort, parts, startedAt })
  } catch (error) {
    await guard.end()
    throw error
  }
}

const refuseSecond = (home: Home): void => {
  const other = readState(home)
  if (other === null) return
  throw new InterchangeError(
    'ICX_STACK_ALREADY_RUNNING',
    `a stack runs in ${home.folder} since ${other.startedAt} (guard process ${other.guardPid}); use it, or end it first`,
    { class: 'fatal', facts: { home: home.folder, guardPid: other.guardPid } },
  )
}

const runningStack = (ground: {
  readonly env: Environment
  readonly home: Home
  readonly guard: Guard
  readonly findPort: () => Promise<number>
  readonly parts: Parts
  readonly startedAt: string
}): RunningStack => {
  const { home, guard, parts, startedAt } = ground
  const env = environmentOf(parts.addresses)
  const { kafka, registry, postgres, jaeger } = parts
  const components = [kafka, registry, postgres, ...(jaeger === null ? [] : [jaeger])]
  const record = (lifeStyle: StackState['lifeStyle']): void =>
    writeState(home, {
      guardPid: guard.pid,
      lifeStyle,
      startedAt,
      logFolder: home.logs,
      env,
      components: components.map(({ name, mode, version, address, pid }) => ({
        name,
        mode,
        version,
        address,
        pid: pid(),
      })),
    })
  record('attached')
  let stopped: Promise<void> | undefined
  return {
    addresses: parts.addresses,
    env,
    kafka,
    registry,
    postgres,
    jaeger,
    tracesOff: parts.tracesOff,
    logFolder: home.logs,
    guardPid: guard.pid,
    startService: async (options) => {
      const given = options.env?.['PORT']
      return await startGuardedService(options, {
        guard,
        env: { ...definedOnly(ground.env), ...env },
        port: given === undefined ? await ground.findPort() : Number(given),
        logFile: options.logFile ?? join(home.logs, `${options.name}.log`),
        cwd: checkoutFolder,
      })
    },
    detach: async () => {
      record('detached')
      await guard.detach()
    },
    stop: () => {
      stopped ??= guard.end()
      return stopped
    },
  }
}
