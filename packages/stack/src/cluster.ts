import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { LocalComponent } from './components/component.ts'
import { fetchJvmParts } from './components/jvm-parts.ts'
import { type BrokerSettings, prepareKafka } from './components/kafka.ts'
import { localDatabaseUrl, preparePostgres } from './components/postgres.ts'
import { publicClusterFolder } from './components/postgres-ground.ts'
import { prepareRegistry } from './components/registry.ts'
import { createPortFinder } from './free-port.ts'
import { type Guard, type GuardedProcess, startGuard } from './guard/guard.ts'
import type { ProcessSpec } from './guard/protocol.ts'
import { checkoutFolder, definedOnly, type Environment, homeOf, plainEnvironment } from './home.ts'
import { findJava } from './java.ts'
import { createReport } from './report.ts'
import { mountSmallDisk } from './small-disk.ts'
import { writeState } from './state-file.ts'
import { waitUntilAnswers } from './wait-until.ts'

export interface ClusterOptions {
  /** Names its folder; what an earlier one of this name left is removed. */
  readonly name: string
  readonly brokers: 1 | 3
  /** Default: none. */
  readonly registry?: boolean
  /**
   * Opens the way by which clients reach a listener (`host:port`, not there yet) and answers its port: a proxy's. Default: the
   * listener's own.
   */
  readonly advertise?: (listener: string) => Promise<number>
  /** Settings of every broker, in the place of ours where both name one. */
  readonly brokerSettings?: BrokerSettings
  /** Each broker's data lies on a disk of its own of this size. Linux and root: ICX_STACK_TOOL_MISSING otherwise. */
  readonly brokerDiskMb?: number
  readonly env?: Environment
  /** Takes progress, a line at a time. Default: nobody. */
  readonly report?: (line: string) => void
}

/** One server of a cluster, which may be killed, stopped and started again. */
export interface ClusterServer {
  readonly name: string
  readonly logFile: string
  /** Null while it does not run. */
  pid(): number | null
  /** SIGTERM and the like, SIGSTOP and SIGCONT; what it does with it is for the caller to see. */
  signal(signal: NodeJS.Signals): void
  /** Ends it at once and resolves when it is gone. */
  kill(): Promise<void>
  /** Asks it to end in good order, kills it after 30 s, and resolves when it is gone. */
  stop(): Promise<void>
  /** Starts it again on the same data and ports and resolves when it answers. */
  start(): Promise<void>
}

export interface ClusterBroker extends ClusterServer {
  readonly nodeId: number
  /** `host:port` where clients find it. */
  readonly address: string
  /** `host:port` for observers, past what `advertise` opened. */
  readonly internalAddress: string
  readonly dataFolder: string
}

/** Kafka on one or three nodes, Postgres and, if asked for, the registry, all local processes that end with this one. */
export interface RunningCluster {
  readonly brokers: readonly ClusterBroker[]
  readonly postgres: ClusterServer & { readonly url: string; readonly address: string }
  readonly registry: (ClusterServer & { readonly url: string; readonly address: string }) | null
  readonly kafkaVersion: string
  readonly jarsFolder: string
  readonly javaPath: string
  /** Holds the `.log` of each server and of what is spawned. */
  readonly logFolder: string
  /** Runs a program that ends with the cluster; its output goes to the `.log` of its name. */
  spawn(program: Pick<ProcessSpec, 'name' | 'command' | 'args' | 'cwd' | 'env'>): Promise<GuardedProcess>
  /** Runs a Node program that ends with the cluster. */
  spawnNode(name: string, args: readonly string[], env: Readonly<Record<string, string>>): Promise<GuardedProcess>
  stop(): Promise<void>
}

const host = '127.0.0.1'
const stopGraceMs = 30_000

/** Brings a cluster up, everything at once, and resolves when all of it answers; leaves nothing running when that fails. */
export const startCluster = async (options: ClusterOptions): Promise<RunningCluster> => {
  const env = options.env ?? process.env
  const home = homeOf(env, options.name)
  const leftovers = [home.data, home.logs, publicClusterFolder(home)]
  await Promise.all(leftovers.map((folder) => rm(folder, { recursive: true, force: true })))
  await mkdir(home.data, { recursive: true })
  await mkdir(home.logs, { recursive: true })
  const [javaPath, parts] = await Promise.all([
    findJava(env),
    fetchJvmParts(env, createReport(options.report ?? (() => undefined))),
  ])
  const guard = startGuard({ stateFile: home.stateFile, logFile: join(home.logs, 'guard.log') })
  const state = { guardPid: guard.pid, lifeStyle: 'attached' as const, startedAt: new Date().toISOString() }
  // Tells those who clear up that this one runs.
  writeState(home, { ...state, logFolder: home.logs, env: {}, components: [] })
  const findPort = createPortFinder()
  const plain = plainEnvironment(env)

  const startBrokers = async (): Promise<ClusterBroker[]> => {
    const clusterId = randomBytes(16).toString('base64url')
    const nodes = await Promise.all(
      Array.from({ length: options.brokers }, async (_, index) => {
        const port = await findPort()
        const advertisedPort = (await options.advertise?.(`${host}:${port}`)) ?? port
        const [controllerPort, internalPort] = [await findPort(), await findPort()]
        return { nodeId: index + 1, port, advertisedPort, controllerPort, internalPort }
      }),
    )
    const controllers = nodes.map(({ controllerPort }) => `${host}:${controllerPort}`)
    return await Promise.all(
      nodes.map(async ({ nodeId, port, controllerPort, internalPort, advertisedPort }) => {
        const { brokerDiskMb, brokerSettings } = options
        const dataFolder =
          brokerDiskMb === undefined
            ? join(home.data, `kafka-${nodeId}`, 'log')
            : await mountSmallDisk(guard, brokerDiskMb)
        const local = await prepareKafka({
          java: javaPath,
          jars: parts.kafkaFolder,
          version: parts.kafkaVersion,
          home,
          port,
          controllerPort,
          env: plain,
          dataFolder,
          ...(brokerSettings !== undefined && { settings: brokerSettings }),
          place: { nodeId, clusterId, controllers, internalPort, advertisedPort },
        })
        const server = await startServer(guard, `kafka-${nodeId}`, local)
        return {
          ...server,
          nodeId,
          address: `${host}:${advertisedPort}`,
          internalAddress: `${host}:${internalPort}`,
          dataFolder,
        }
      }),
    )
  }
  const startPostgres = async () => {
    const port = await findPort()
    const server = await startServer(guard, 'postgres', await preparePostgres({ home, port, env: plain }))
    return { ...server, address: `${host}:${port}`, url: localDatabaseUrl(port) }
  }
  const startRegistry = async () => {
    const [port, managementPort] = [await findPort(), await findPort()]
    const { registryFolder: distribution, registryVersion: version } = parts
    const local = await prepareRegistry({
      java: javaPath,
      distribution,
      version,
      home,
      port,
      managementPort,
      env: plain,
    })
    return { ...(await startServer(guard, 'registry', local)), address: `${host}:${port}`, url: local.address }
  }

  const spawn: RunningCluster['spawn'] = (program) =>
    guard.spawn({
      ...program,
      env: { ...definedOnly(env), ...program.env },
      logFile: join(home.logs, `${program.name}.log`),
      role: 'service',
      stopSignal: 'SIGTERM',
    })

  try {
    const [brokers, postgres, registry] = await Promise.all([
      startBrokers(),
      startPostgres(),
      options.registry === true ? startRegistry() : null,
    ])
    return {
      brokers,
      postgres,
      registry,
      kafkaVersion: parts.kafkaVersion,
      jarsFolder: parts.kafkaFolder,
      javaPath,
      logFolder: home.logs,
      spawn,
      spawnNode: (name, args, added) =>
        spawn({ name, command: process.execPath, args, cwd: checkoutFolder, env: added }),
      stop: () => guard.end(),
    }
  } catch (error) {
    await guard.end()
    throw error
  }
}

const startServer = async (guard: Guard, name: string, local: LocalComponent): Promise<ClusterServer> => {
  const spec: ProcessSpec = { ...local.process, name, role: 'component' }
  const { answers, deadlineMs } = local
  const { logFile } = spec
  let current: GuardedProcess
  const start = async (): Promise<void> => {
    current = await guard.spawn(spec)
    await waitUntilAnswers({ name, deadlineMs, answers, process: current, logFile })
  }
  await start()
  return {
    name,
    logFile,
    pid: () => (current.exit() === null ? current.pid : null),
    signal: (signal) => current.kill(signal),
    async kill() {
      current.kill('SIGKILL')
      await current.exited
    },
    async stop() {
      await current.stop(stopGraceMs)
    },
    async start() {
      if (current.exit() !== null) await start()
    },
  }
}
