import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { httpAnswers } from '../answers.ts'
import type { Home } from '../home.ts'
import type { LocalComponent } from './component.ts'

const host = '127.0.0.1'
const heap = '-Xmx256m'
const deadlineMs = 90_000

/** Where Apicurio serves Confluent's API. */
export const registryUrl = (port: number): string => `http://${host}:${port}/apis/ccompat/v7`

/** Says how to run Apicurio on a file database, so that schema ids survive a restart. */
export const prepareRegistry = async (options: {
  readonly java: string
  readonly distribution: string
  readonly version: string
  readonly home: Home
  readonly port: number
  readonly managementPort: number
  readonly env: Readonly<Record<string, string>>
}): Promise<LocalComponent> => {
  const { java, distribution, version, home, port, managementPort, env } = options
  const folder = join(home.data, 'registry')
  await mkdir(folder, { recursive: true })
  return {
    name: 'registry',
    version,
    address: registryUrl(port),
    deadlineMs,
    answers: () => httpAnswers(`${registryUrl(port)}/subjects`),
    process: {
      command: java,
      args: [heap, '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1', '-jar', join(distribution, 'quarkus-run.jar')],
      cwd: folder,
      env: {
        ...env,
        APICURIO_STORAGE_KIND: 'sql',
        APICURIO_STORAGE_SQL_KIND: 'h2',
        // Without the delay H2 would keep a committed schema in memory for half a second, and a killed registry forget it.
        APICURIO_DATASOURCE_URL: `jdbc:h2:file:${join(folder, 'registry')};WRITE_DELAY=0`,
        QUARKUS_HTTP_HOST: host,
        QUARKUS_HTTP_PORT: String(port),
        // Its management interface would otherwise listen on port 9000 of every network.
        QUARKUS_MANAGEMENT_HOST: host,
        QUARKUS_MANAGEMENT_PORT: String(managementPort),
      },
      logFile: join(home.logs, 'registry.log'),
      stopSignal: 'SIGTERM',
    },
  }
}
