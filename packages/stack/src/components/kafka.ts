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
const deadlineMs = 60_000

const loggingProperties = `rootLogger.level = info
rootLogger.appenderRef.out.ref = out
appender.out.type = Console
appender.out.name = out
appender.out.layout.type = PatternLayout
appender.out.layout.pattern = %d{ISO8601} %-5p %m (%c)%n
`

/** The settings of a one-node KRaft cluster made for one machine: small, quick to rebalance, no topic by accident. */
export const brokerProperties = (options: {
  readonly port: number
  readonly controllerPort: number
  readonly dataFolder: string
}): string => {
  const { port, controllerPort, dataFolder } = options
  const settings: Readonly<Record<string, string | number | boolean>> = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@${host}:${controllerPort}`,
    listeners: `PLAINTEXT://${host}:${port},CONTROLLER://${host}:${controllerPort}`,
    'advertised.listeners': `PLAINTEXT://${host}:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': dataFolder,
    'auto.create.topics.enable': false,
    'group.initial.rebalance.delay.ms': 0,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 8,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
    'transaction.state.log.num.partitions': 8,
    'share.coordinator.state.topic.replication.factor': 1,
    'share.coordinator.state.topic.min.isr': 1,
    // A broker that was killed may come back only when its former session is over; the default is nine seconds.
    'broker.session.timeout.ms': 5_000,
    'broker.heartbeat.interval.ms': 1_000,
    // The default of 128 MiB is for brokers with many compacted partitions.
    'log.cleaner.dedupe.buffer.size': 16 * 1024 * 1024,
  }
  return Object.entries(settings)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')
}

/** Prepares a broker's folder, formatting it the first time, and says how to run it. */
export const prepareKafka = async (options: {
  readonly java: string
  readonly jars: string
  readonly version: string
  readonly home: Home
  readonly port: number
  readonly controllerPort: number
  readonly env: Readonly<Record<string, string>>
}): Promise<LocalComponent> => {
  const { java, jars, version, home, port, controllerPort, env } = options
  const folder = join(home.data, 'kafka')
  const dataFolder = join(folder, 'log')
  await mkdir(dataFolder, { recursive: true })
  const properties = join(folder, 'server.properties')
  const logging = join(folder, 'log4j2.properties')
  await writeFile(properties, brokerProperties({ port, controllerPort, dataFolder }))
  await writeFile(logging, loggingProperties)
  const jvm = ['-XX:+UseSerialGC', `-Dlog4j2.configurationFile=${logging}`, '-cp', join(jars, '*')]
  if (!existsSync(join(dataFolder, 'meta.properties'))) {
    const clusterId = randomBytes(16).toString('base64url')
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
      args: [heap, ...jvm, 'kafka.Kafka', properties],
      cwd: folder,
      env,
      logFile: join(home.logs, 'kafka.log'),
      stopSignal: 'SIGTERM',
    },
  }
}
