import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { registerSchemas } from '@interchange/avro'
import {
  createHistoryReader,
  type Freezable,
  type Happened,
  type HistoryFile,
  openHistory,
} from '@interchange/drill-kit'
import { deadLetterTopicName, replayLaneName, type TransportAdmin } from '@interchange/messaging'
import { type GuardedProcess, lastLines } from '@interchange/stack'
import { type Database, migrate } from '@interchange/store'
import { waitFor } from '@interchange/testing'
import type { Arena } from './arena.ts'
import { type Ground, groundVariable, openDatabase, openTransport, stepSchema } from './load/step.ts'
import type { Setting } from './setting.ts'
import { stockProgram } from './stock-peers.ts'
import { transferTopics } from './transfer-topics.ts'

export const partitions = 6

/** Long enough for a process to start on a machine that has much else to do. */
const readyMs = 60_000

export type Role =
  | 'member'
  | 'writer'
  | 'outbox-writer'
  | 'aborting-writer'
  | 'relay'
  | 'replayer'
  | 'booker'
  | 'reader'
  | 'stock-writer'
  | 'stock-reader'

/** One process under drill. */
export interface Actor extends Freezable {
  /** Its name in the history; each process has its own, also when it takes another's place. */
  readonly proc: string
  readonly process: GuardedProcess
}

/** What one run of a scenario works with: topics, tables and names of its own. */
export interface Stage {
  readonly arena: Arena
  readonly setting: Setting
  readonly topic: string
  readonly group: string
  readonly history: HistoryFile
  /** Holds everybody's. */
  readonly historyFolder: string
  /** Past the proxies. */
  readonly admin: TransportAdmin
  readonly database: Database
  /** Everything noted so far, by whomever. */
  facts(): readonly Happened[]
  /** Starts a process of the load and resolves when it says it is ready. */
  start(
    role: Role,
    more?: {
      readonly args?: readonly string[]
      readonly env?: Readonly<Record<string, string>>
      /** Where it differs from the others. */
      readonly ground?: Partial<Ground>
    },
  ): Promise<Actor>
  /** The members that are meant to run. */
  readonly members: Actor[]
  close(): Promise<void>
}

const programOf = async (role: Role, { work }: Setting): Promise<string> => {
  if (role === 'stock-writer' || role === 'stock-reader')
    return await stockProgram(`drill-${role.slice('stock-'.length)}.mjs`)
  if (role === 'member' && work === 'stock-transfers') return await stockProgram('drill-copier.mjs')
  const name = role === 'member' && work === 'transfers' ? 'copier' : role
  return fileURLToPath(new URL(`./load/${name}.js`, import.meta.url))
}

export const openStage = async (arena: Arena, setting: Setting, run: string): Promise<Stage> => {
  const name = `drill-${setting.name.toLowerCase()}-${run}`
  const schema = name.replaceAll('-', '_')
  const historyFolder = join(arena.cluster.logFolder, name)
  await mkdir(historyFolder, { recursive: true })
  const history = openHistory(historyFolder, 'runner')
  const database = openDatabase({ databaseUrl: arena.cluster.postgres.url, schema })
  await migrate(database)
  await database.query(
    'CREATE TABLE effect (row bigserial PRIMARY KEY, id uuid NOT NULL, key text NOT NULL, seq integer NOT NULL)',
  )
  const registryUrl = setting.registry === true ? (arena.registry?.url ?? null) : null
  if (registryUrl !== null) await registerStep(arena, name, 1)
  const admin = await openTransport({ brokers: arena.internalBrokers, proc: 'runner' }).createAdmin()
  const topics = [name, deadLetterTopicName(name, name), replayLaneName(name, name), ...transferTopics(setting, name)]
  const replicationFactor = arena.brokers.length
  await admin.createTopics(
    topics.map((topic) => ({
      name: topic,
      partitions: setting.partitions ?? partitions,
      replicationFactor: topic === name ? (setting.copies ?? replicationFactor) : replicationFactor,
      configs: topic === name ? (setting.topicConfigs ?? {}) : {},
    })),
  )
  const facts = createHistoryReader(historyFolder, { keepMs: setting.keepFactsMs })
  const started = new Map<Role, number>()
  const actors: Actor[] = []
  const members: Actor[] = []

  const start: Stage['start'] = async (role, { args = [], env = {}, ground: own = {} } = {}) => {
    const count = (started.get(role) ?? 0) + 1
    started.set(role, count)
    const proc = `${role}-${count}`
    const ground: Ground = {
      proc,
      historyFolder,
      brokers: arena.brokers,
      databaseUrl: arena.databaseUrl,
      schema,
      topic: name,
      partitions: setting.partitions ?? partitions,
      group: name,
      registryUrl,
      schemaVersion: 1,
      registryClient: role === 'member' ? setting.registryClient : undefined,
      load: setting.load,
      handling: setting.handling ?? {},
      dependencyUrl: setting.handling?.asks === true ? arena.dependency.url : null,
      tracesUrl: setting.handling?.traces === true ? arena.dependency.url : null,
      sessionTimeoutMs: setting.sessionTimeoutMs ?? 6_000,
      transactionTimeoutMs: setting.transactionTimeoutMs,
      ...own,
    }
    const process_ = await arena.cluster.spawnNode(
      `${name}-${proc}`,
      [
        '--enable-source-maps',
        '--max-old-space-size=256',
        '--max-semi-space-size=8',
        await programOf(role, setting),
        ...args,
      ],
      { ...env, [groundVariable]: JSON.stringify(ground) },
    )
    const actor: Actor = {
      proc,
      process: process_,
      pid: () => (process_.exit() === null ? process_.pid : null),
      signal: (signal) => process_.kill(signal),
    }
    actors.push(actor)
    const isReady = (): boolean =>
      process_.exit() !== null ||
      facts().some((fact) => fact.proc === proc && fact.op === 'process' && fact.phase === 'ready')
    await waitFor(isReady, { timeoutMs: readyMs, everyMs: 50, what: `${proc} to be ready` })
    if (facts().every((fact) => fact.proc !== proc)) {
      const log = join(arena.cluster.logFolder, `${name}-${proc}.log`)
      throw new Error(`${proc} ended before it had done anything\n${lastLines(log, 20)}`)
    }
    return actor
  }

  return {
    arena,
    setting,
    topic: name,
    group: name,
    history,
    historyFolder,
    admin,
    database,
    facts,
    start,
    members,
    async close() {
      await Promise.all(actors.map(({ process: each }) => each.stop(0)))
      await admin.close()
      await database.close()
      history.close()
    },
  }
}

/** Makes the versions of the load's schema up to this one known, past the proxy. */
export const registerStep = async ({ registry }: Arena, topic: string, version: 1 | 2): Promise<void> => {
  if (registry === null) throw new Error('this arena has no registry')
  const versions = ([1, 2] as const).filter((each) => each <= version).map((each) => stepSchema(topic, each))
  await registerSchemas(registry.internalUrl, [{ compatibility: 'FULL_TRANSITIVE', versions }])
}
