import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { kafkaAnswers } from '../answers.ts'
import type { Home } from '../home.ts'
import type { LocalComponent } from './component.ts'

const run = promisify(execFile)

const host = '127.0.0.1'
const heap = '-Xmx384m'
const clusterHeap = '-Xmx256m'
const deadlineMs = 60_000

const loggingProperties = `rootLogger.level = info
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %m (%c)%n
`

/** What makes a broker one of several, or one behind a proxy. */
export interface ClusterPlace {
  readonly nodeId: number
  /** The same for all nodes. */
  readonly clusterId: string
  /** `host:port` of each node's controller, in the order of their ids, which begin at 1. */
  readonly controllers: readonly string[]
  /** Where the nodes talk to each other, past the proxies. */
  readonly internalPort: number
  /** Where clients are told to find this broker. */
  readonly advertisedPort: number
}

/** As `server.properties` names them. */
export type BrokerSettings = Readonly<Record<string, string | number | boolean>>

/** The settings of a KRaft node made for one machine: small, quick to rebalance, no topic by accident. Without a place it is alone. */
export const brokerProperties = (options: {
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
  readonly place?: ClusterPlace | undefined
  /** Replace ours where both name one. */
  readonly settings?: BrokerSettings | undefined
}): string => {
  const { port, controllerPort, dataFolder, place } = options
  const copies = place?.controllers.length ?? 1
  const settings: BrokerSettings = {
    'process.roles': 'broker,controller',
    'node.id': place?.nodeId ?? 1,
    'controller.listener.names': 'CONTROLLER',
    ...(place === undefined ? listenersAlone(port, controllerPort) : listenersIn(place, port, controllerPort)),
    'log.dirs': dataFolder,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'default.replication.factor': copies,
    // One copy may be away: with three of them a send needs two.
    'min.insync.replicas': copies > 1 ? 2 : 1,
    'offsets.topic.replication.factor': copies,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': copies,
    'transaction.state.log.min.isr': copies > 1 ? 2 : 1,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': copies,
    'share.coordinator.state.topic.min.isr': copies > 1 ? 2 : 1,
    // A broker that was killed may come back only when its former session is over; the default is nine seconds.
    'broker.session.timeout.ms': 5_000,
    'broker.heartbeat.interval.ms': 1_000,
    // The default of 128 MiB is for brokers with many compacted partitions.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
    ...options.settings,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

const listenersAlone = (port: number, controllerPort: number): BrokerSettings => ({
  'controller.quorum.voters': `1@${host}:${controllerPort}`,
  listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://${host}:${port}`,
  'inter.broker.listener.name': 'PLAINTEXT',
})

const listenersIn = (
  { controllers, internalPort, advertisedPort }: ClusterPlace,
  port: number,
  controllerPort: number,
): BrokerSettings => ({
  'controller.quorum.voters': controllers.map((address, index) => `${index + 1}@${address}`).join(),
  listeners: `PLAINTEXT://${host}:${port},INTERNAL://${host}:${internalPort},CONTROLLER://${host}:${controllerPort}`,
  'advertised.listeners': `PLAINTEXT://${host}:${advertisedPort},INTERNAL://${host}:${internalPort}`,
  'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT',
  'inter.broker.listener.name': 'INTERNAL',
})

/** Prepares a broker's folder, formatting it the first time, and says how to run it. */
export const prepareKafka = async (options: {
  readonly java: string
  readonly jars: string
  readonly version: string
  readonly home: Home
  readonly port: number
  readonly controllerPort: number
  readonly env: Readonly<Record<string, string>>
  readonly place?: ClusterPlace
  /** Default: in the home. */
  readonly dataFolder?: string
  readonly settings?: BrokerSettings
}): Promise<LocalComponent> => {
  const { java, jars, version, home, port, controllerPort, env, place, settings } = options
  const name = place === undefined ? 'kafka' : `kafka-${place.nodeId}`
  const folder = join(home.data, name)
  const dataFolder = options.dataFolder ?? join(folder, 'log')
  await mkdir(folder, { recursive: true })
  await mkdir(dataFolder, { recursive: true })
  const properties = join(folder, 'server.properties')
  const logging = join(folder, 'log4j2.properties')
  await writeFile(properties, brokerProperties({ port, controllerPort, dataFolder, place, settings }))
  await writeFile(logging, loggingProperties)
  const jvm = ['-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${logging}`, '-cp', join(jars, '*')]
  if (!existsSync(join(dataFolder, 'meta.properties'))) {
    const clusterId = place?.clusterId ?? randomBytes(16).toString('base64url')
    // Joined with `=`: one id in 64 begins with a dash and would be taken for an option.
    const format = ['kafka.tools.StorageTool', 'format', `--cluster-id=${clusterId}`, '--config', properties]
    // A formatter runs once and shortly: compiling for speed would cost it more than it saves.
    await run(java, ['-XX:TieredStopAtLevel=1', ...jvm, ...format], { env })
  }
  return {
    name: 'kafka',
    version,
    address: `${host}:${port}`,
    deadlineMs,
    answers: () => kafkaAnswers(host, port),
    process: {
      command: java,
      args: [
        ...(place === undefined ? [heap] : [clusterHeap, '-XX:TieredStopAtLevel=1']),
        ...jvm,
        'kafka.Kafka',
        properties,
      ],
      cwd: folder,
      env,
      logFile: join(home.logs, `${name}.log`),
      stopSignal: 'SIGTERM',
    },
  }
}
