import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { InterchangeError } from '@interchange/messaging'
import { cacheFolder, checkoutFolder, type Environment } from '../home.ts'
import type { Report } from '../report.ts'

const run = promisify(execFile)

const pom = join(checkoutFolder, 'infra', 'local', 'pom.xml')

/** What Maven brought: Kafka's jars and the registry's distribution. */
export interface JvmParts {
  readonly kafkaVersion: string
  readonly registryVersion: string
  readonly kafkaFolder: string
  readonly registryFolder: string
}

/** The versions `infra/local/pom.xml` pins. */
export const pinnedJvmVersions = (pomText: string): { kafka: string; registry: string } => {
  const property = (name: string): string => {
    const value = new RegExp(`<${name}\\.version>([^<]+)<`).exec(pomText)?.[1]
    if (value === undefined) throw new TypeError(`infra/local/pom.xml pins no ${name}.version`)
    return value
  }
  return { kafka: property('kafka'), registry: property('apicurio') }
}

/** Brings Kafka and the registry into the user's cache, once per pair of versions. */
export const fetchJvmParts = async (env: Environment, report: Report): Promise<JvmParts> => {
  const versions = pinnedJvmVersions(await readFile(pom, 'utf8'))
  const folder = join(cacheFolder(env), 'jvm', `kafka-${versions.kafka}-registry-${versions.registry}`)
  // The folder appears by one rename after everything is in it, so its being there says it is complete.
  if (!existsSync(folder)) {
    await report.step(`fetching Kafka ${versions.kafka} and Apicurio ${versions.registry} with Maven`, () =>
      fetchInto(folder, env),
    )
  }
  return {
    kafkaVersion: versions.kafka,
    registryVersion: versions.registry,
    kafkaFolder: join(folder, 'kafka'),
    registryFolder: join(folder, 'registry'),
  }
}

const fetchInto = async (folder: string, env: Environment): Promise<void> => {
  await mkdir(dirname(folder), { recursive: true })
  const draft = await mkdtemp(join(dirname(folder), 'draft-'))
  try {
    await run('mvn', ['-B', '-ntp', '-q', '-f', pom, 'package', `-Dstack.folder=${draft}`], {
      env: { ...env },
      timeout: 280_000,
      maxBuffer: 16 * 1024 * 1024,
    })
    await rename(draft, folder).catch((error: unknown) => {
      // Another start was quicker; what it put there is the same.
      if (!existsSync(folder)) throw error
    })
  } catch (error) {
    throw mavenFailed(error)
  } finally {
    await rm(draft, { recursive: true, force: true })
  }
}

const mavenFailed = (cause: unknown): InterchangeError => {
  const facts = { tool: 'mvn' }
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
    return new InterchangeError(
      'ICX_STACK_TOOL_MISSING',
      'Maven (mvn) is needed once to fetch Kafka and the registry, and is not on the PATH. Install it, or start Docker, or set KAFKA_BROKERS and SCHEMA_REGISTRY_URL.',
      { class: 'fatal', cause, facts },
    )
  }
  const said = cause instanceof Error && 'stdout' in cause ? String(cause.stdout).trim().split('\n').slice(-12) : []
  return new InterchangeError('ICX_STACK_START_FAILED', `Maven could not fetch the stack's parts\n${said.join('\n')}`, {
    class: 'fatal',
    cause,
    facts,
  })
}
