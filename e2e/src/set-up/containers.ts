import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { GenericContainer, getContainerRuntimeClient, type StartedTestContainer, Wait } from 'testcontainers'
import { parseDocument } from 'yaml'

const composeFile = new URL('../../../docker-compose.yml', import.meta.url)
const startMs = 180_000

/** Kafka and the registry in containers. */
export interface TestContainers {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** Starts containers of the images that docker-compose.yml names; null, with the reason said, when Docker cannot. */
export const startContainers = async (say: (line: string) => void): Promise<TestContainers | null> => {
  try {
    await getContainerRuntimeClient()
  } catch (error) {
    say(`  Docker is not used: ${reasonOf(error)}`)
    return null
  }
  const started: StartedTestContainer[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.map((container) => container.stop()))
  }
  try {
    const port = await freePort()
    const kafka = await kafkaContainer(port).start()
    started.push(kafka)
    const registry = await registryContainer().start()
    started.push(registry)
    const brokers = `${kafka.getHost()}:${port}`
    const registryUrl = `http://${registry.getHost()}:${registry.getMappedPort(8080)}/apis/ccompat/v7`
    say(`  containers of ${imageOf('kafka')} and ${imageOf('registry')}`)
    return { env: { KAFKA_BROKERS: brokers, SCHEMA_REGISTRY_URL: registryUrl }, stop }
  } catch (error) {
    await stop()
    say(`  Docker is not used: ${reasonOf(error)}`)
    return null
  }
}

const kafkaContainer = (port: number): GenericContainer =>
  new GenericContainer(imageOf('kafka'))
    .withExposedPorts({ container: 9092, host: port })
    .withEnvironment({
      KAFKA_NODE_ID: '1',
      KAFKA_PROCESS_ROLES: 'broker,controller',
      KAFKA_LISTENERS: 'PLAINTEXT://:9092,CONTROLLER://:9093',
      KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${port}`,
      KAFKA_CONTROLLER_LISTENER_NAMES: 'CONTROLLER',
      KAFKA_LISTENER_SECURITY_PROTOCOL_MAP: 'CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
      KAFKA_CONTROLLER_QUORUM_VOTERS: '1@localhost:9093',
      KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'false',
      KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS: '0',
      KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR: '1',
      KAFKA_TRANSACTION_STATE_LOG_MIN_ISR: '1',
    })
    .withWaitStrategy(Wait.forLogMessage(/Kafka Server started/))
    .withStartupTimeout(startMs)

const registryContainer = (): GenericContainer =>
  new GenericContainer(imageOf('registry'))
    .withExposedPorts(8080)
    .withWaitStrategy(Wait.forHttp('/apis/ccompat/v7/subjects', 8080))
    .withStartupTimeout(startMs)

const imageOf = (service: string): string =>
  String(parseDocument(readFileSync(composeFile, 'utf8')).getIn(['services', service, 'image']))

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

// The broker must know the port that leads to it before it starts, so Docker cannot choose it.
const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer()
    server.on('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => {
        if (address === null || typeof address === 'string') reject(new TypeError('a TCP server has a port'))
        else resolve(address.port)
      })
    })
  })
