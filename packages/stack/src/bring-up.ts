import { brokersAnswer, collectorAnswers, databaseAnswers, registryAnswers, type StackAddresses } from './addresses.ts'
import { httpAnswers, kafkaAnswers, postgresAnswers } from './answers.ts'
import { type Component, type LocalComponent, startLocalComponent } from './components/component.ts'
import { joinExternal } from './components/external.ts'
import { findJaeger, type JaegerPorts, jaegerHint, prepareJaeger } from './components/jaeger.ts'
import { fetchJvmParts } from './components/jvm-parts.ts'
import { prepareKafka } from './components/kafka.ts'
import { localDatabaseUrl, preparePostgres } from './components/postgres.ts'
import { prepareRegistry, registryUrl } from './components/registry.ts'
import { type Containers, createContainers, dockerProblem } from './docker.ts'
import { portFrom } from './free-port.ts'
import type { Guard } from './guard/guard.ts'
import { type Environment, type Home, plainEnvironment } from './home.ts'
import { findJava } from './java.ts'
import type { Report } from './report.ts'

/** Everything a start works with. */
export interface Ground {
  readonly env: Environment
  readonly home: Home
  readonly guard: Guard
  readonly findPort: () => Promise<number>
  readonly report: Report
  readonly fresh: boolean
}

/** The components that came up and where they are. */
export interface Parts {
  readonly addresses: StackAddresses
  readonly kafka: Component
  readonly registry: Component
  readonly postgres: Component
  readonly jaeger: Component | null
  readonly tracesOff: string | null
}

interface Ports extends JaegerPorts {
  readonly kafka: number
  readonly kafkaController: number
  readonly registry: number
  readonly registryManagement: number
  readonly postgres: number
}

const host = '127.0.0.1'

/** Starts all components at once, each where design page 1 says: somebody else's, Docker, or a process here. */
export const bringUp = async (ground: Ground): Promise<Parts> => {
  const { env, report } = ground
  const ports = await choosePorts(ground)
  const containers = await chooseContainers(ground, ports)
  const announced = async (label: string, start: () => Promise<Component>): Promise<Component> => {
    const startedAt = performance.now()
    const component = await start()
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const version = component.version === null ? '' : ` ${component.version}`
    report.line(`  ${label}${version} at ${component.address} (${component.mode}) … ${seconds} s`)
    return component
  }
  const traces = chooseTraces(ground, ports, containers)
  const [[kafka, registry], postgres, jaeger] = await Promise.all([
    startKafkaAndRegistry(ground, ports, containers, announced),
    announced('Postgres', () => startPostgres(ground, ports, containers)),
    traces === null ? null : announced('Jaeger', traces.start),
  ])
  const tracesOff = traces === null ? `traces are off: ${jaegerHint}` : null
  if (tracesOff !== null) report.line(`  ${tracesOff}`)
  return {
    kafka,
    registry,
    postgres,
    jaeger,
    tracesOff,
    addresses: {
      kafkaBrokers: kafka.address,
      schemaRegistryUrl: registry.address,
      databaseUrl: env['DATABASE_URL'] || localDatabaseUrl(ports.postgres),
      jaegerQueryUrl: traces?.queryUrl ?? null,
      otlpEndpoint: traces?.otlpEndpoint ?? null,
    },
  }
}

const choosePorts = async ({ env, findPort }: Ground): Promise<Ports> => ({
  kafka: await portFrom(env['KAFKA_PORT'], findPort),
  kafkaController: await findPort(),
  registry: await portFrom(env['SCHEMA_REGISTRY_PORT'], findPort),
  registryManagement: await findPort(),
  postgres: await portFrom(env['POSTGRES_PORT'], findPort),
  query: await portFrom(env['JAEGER_PORT'], findPort),
  queryGrpc: await findPort(),
  otlpHttp: await portFrom(env['OTLP_PORT'], findPort),
  otlpGrpc: await findPort(),
})

const chooseContainers = async (ground: Ground, ports: Ports): Promise<Containers | null> => {
  const { env, home, guard, report } = ground
  if (env['INTERCHANGE_STACK'] === 'local' || (env['KAFKA_BROKERS'] && env['SCHEMA_REGISTRY_URL'])) return null
  const problem = await dockerProblem(env, ['kafka', 'registry', 'postgres', 'jaeger'], report)
  if (problem !== null) {
    report.line(`  Docker is not used: ${problem}`)
    return null
  }
  const containers = createContainers(home, env, {
    KAFKA_PORT: String(ports.kafka),
    SCHEMA_REGISTRY_PORT: String(ports.registry),
    POSTGRES_PORT: String(ports.postgres),
    JAEGER_PORT: String(ports.query),
    OTLP_PORT: String(ports.otlpHttp),
  })
  guard.atEnd(containers.endCommand)
  if (ground.fresh) await containers.removeAll()
  return containers
}

type Announce = (label: string, start: () => Promise<Component>) => Promise<Component>

const startKafkaAndRegistry = async (
  ground: Ground,
  ports: Ports,
  containers: Containers | null,
  announced: Announce,
): Promise<[Component, Component]> => {
  const { env, guard, home } = ground
  const [brokers, registry] = [env['KAFKA_BROKERS'], env['SCHEMA_REGISTRY_URL']]
  const address = `${host}:${ports.kafka}`
  const url = registryUrl(ports.registry)
  const jvm = containers === null && (!brokers || !registry) ? await jvmGround(ground) : null
  const local = (prepare: () => Promise<LocalComponent>) => async () =>
    await startLocalComponent(guard, await prepare())
  const start = (
    external: (() => Promise<Component>) | null,
    container: (from: Containers) => Promise<Component>,
    process: (from: NonNullable<typeof jvm>) => Promise<LocalComponent>,
  ): (() => Promise<Component>) => {
    if (external !== null) return external
    if (containers !== null) return () => container(containers)
    if (jvm === null) throw new TypeError('a component needs a JVM that was not looked for')
    return local(() => process(jvm))
  }
  return await Promise.all([
    announced(
      'Kafka',
      start(
        brokers ? () => joinExternal('kafka', brokers, () => brokersAnswer(brokers, env)) : null,
        (from) => from.start({ name: 'kafka', address, answers: () => kafkaAnswers(host, ports.kafka) }),
        ({ java, parts, env: plain }) =>
          prepareKafka({
            java,
            jars: parts.kafkaFolder,
            version: parts.kafkaVersion,
            home,
            port: ports.kafka,
            controllerPort: ports.kafkaController,
            env: plain,
          }),
      ),
    ),
    announced(
      'schema registry',
      start(
        registry ? () => joinExternal('registry', registry, () => registryAnswers(registry)) : null,
        (from) => from.start({ name: 'registry', address: url, answers: () => registryAnswers(url) }),
        ({ java, parts, env: plain }) =>
          prepareRegistry({
            java,
            distribution: parts.registryFolder,
            version: parts.registryVersion,
            home,
            port: ports.registry,
            managementPort: ports.registryManagement,
            env: plain,
          }),
      ),
    ),
  ])
}

const jvmGround = async ({ env, report }: Ground) => ({
  java: await findJava(env),
  parts: await fetchJvmParts(env, report),
  env: plainEnvironment(env),
})

const startPostgres = async (
  { env, guard, home }: Ground,
  ports: Ports,
  containers: Containers | null,
): Promise<Component> => {
  const url = env['DATABASE_URL']
  if (url) return await joinExternal('postgres', new URL(url).host, () => databaseAnswers(url))
  if (containers !== null) {
    // The registry's container keeps its schemas there, so it runs in any case.
    const answers = () => postgresAnswers(host, ports.postgres)
    return await containers.start({ name: 'postgres', address: `${host}:${ports.postgres}`, answers })
  }
  return await startLocalComponent(
    guard,
    await preparePostgres({ home, port: ports.postgres, env: plainEnvironment(env) }),
  )
}

interface Traces {
  readonly queryUrl: string | null
  readonly otlpEndpoint: string
  readonly start: () => Promise<Component>
}

const chooseTraces = ({ env, guard, home }: Ground, ports: Ports, containers: Containers | null): Traces | null => {
  const external = env['OTEL_EXPORTER_OTLP_ENDPOINT']
  if (external) {
    const start = () => joinExternal('jaeger', external, () => collectorAnswers(external))
    return { queryUrl: env['JAEGER_QUERY_URL'] || null, otlpEndpoint: external, start }
  }
  const queryUrl = `http://${host}:${ports.query}`
  const otlpEndpoint = `http://${host}:${ports.otlpHttp}`
  const program = findJaeger(env)
  if (program !== null) {
    const start = async () =>
      await startLocalComponent(guard, await prepareJaeger({ program, home, ports, env: plainEnvironment(env) }))
    return { queryUrl, otlpEndpoint, start }
  }
  if (containers === null) return null
  const answers = () => httpAnswers(`${queryUrl}/api/services`)
  return { queryUrl, otlpEndpoint, start: () => containers.start({ name: 'jaeger', address: queryUrl, answers }) }
}
