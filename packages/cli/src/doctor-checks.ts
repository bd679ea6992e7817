import { type PhysicalTopic, topics } from '@interchange/contracts'
import { createDatabase } from '@interchange/store'
import type { System } from './system.ts'

/** What one look found. `remedy` is there when something is to be done. */
export interface Check {
  readonly ok: boolean
  readonly found: string
  readonly remedy?: string
}

const nodeMajorMin = 22
const clockSkewMsMax = 5_000

export const checkRuntime = (): Check => {
  const major = Number(process.versions.node.split('.')[0])
  const found = `Node ${process.versions.node}`
  return major >= nodeMajorMin
    ? { ok: true, found }
    : { ok: false, found, remedy: `run by npm run ix, which brings its own Node` }
}

export const checkBrokers = async (system: System): Promise<Check> => {
  const admin = await system.admin()
  const { clusterId, brokers } = await admin.brokers()
  const list = brokers.map(({ nodeId, host, port }) => `${nodeId}=${host}:${port}`).join(' ')
  return { ok: brokers.length > 0, found: `${brokers.length} of cluster ${clusterId}: ${list}` }
}

export const checkTopics = async (system: System, catalogue: readonly PhysicalTopic[]): Promise<Check> => {
  const admin = await system.admin()
  const existing = await admin.partitionCounts()
  const missing = catalogue.filter(({ name }) => !existing.has(name))
  const different = catalogue.filter(({ name, partitions }) => existing.has(name) && existing.get(name) !== partitions)
  const found = `${catalogue.length - missing.length} of ${catalogue.length}, ${different.length} with other partitions`
  if (missing.length > 0) return { ok: false, found, remedy: 'ix topics apply' }
  const [first] = different
  if (first !== undefined)
    return {
      ok: false,
      found,
      remedy: `${first.name}: the catalogue says ${first.partitions} partitions; give it a new major`,
    }
  return { ok: true, found }
}

/** Describing groups and reading committed offsets is what every command needs; a refusal names the right that is missing. */
export const checkRights = async (system: System): Promise<Check> => {
  const admin = await system.admin()
  const groups = await admin.groups()
  const [first] = topics
  if (first !== undefined) await admin.topicOffsets(first.name)
  return { ok: true, found: `may list groups (${groups.length}) and read offsets` }
}

export const checkRegistry = async (system: System): Promise<Check> => {
  const url = (system.environment['SCHEMA_REGISTRY_URL'] ?? '').replace(/\/$/, '')
  const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(5_000) })
  if (!answer.ok)
    return {
      ok: false,
      found: `HTTP ${answer.status}`,
      remedy: 'is SCHEMA_REGISTRY_URL the base of the Confluent API?',
    }
  const subjects = (await answer.json()) as unknown[]
  return { ok: true, found: `${subjects.length} subjects` }
}

export const checkSchemas = async (system: System): Promise<Check> => {
  const codec = await system.codec()
  await codec.prepare(topics)
  return { ok: true, found: `all ${topics.length} schemas are registered` }
}

export const checkDatabase = async (system: System): Promise<Check> => {
  const url = system.environment['DATABASE_URL']
  if (url === undefined || url === '')
    return { ok: false, found: 'DATABASE_URL is not set', remedy: 'set it, or: ix stack up' }
  const database = createDatabase({
    url,
    schema: 'public',
    poolMax: 1,
    connectTimeoutMs: 5_000,
    applicationName: 'ix doctor',
  })
  try {
    const [row] = await database.query<{ version: string; skew_ms: number }>(
      `SELECT current_setting('server_version') AS version, extract(epoch FROM clock_timestamp()) * 1000 - $1::float8 AS skew_ms`,
      [Date.now()],
    )
    const skewMs = Math.round(Number(row?.skew_ms ?? 0))
    const found = `Postgres ${row?.version}, clock ${skewMs} ms from ours`
    return Math.abs(skewMs) <= clockSkewMsMax
      ? { ok: true, found }
      : { ok: false, found, remedy: 'set both clocks by NTP' }
  } finally {
    await database.close()
  }
}

/** Event ids carry the time: a clock far from the registry's shows in its HTTP Date header, to the second. */
export const checkClock = async (system: System): Promise<Check> => {
  const url = (system.environment['SCHEMA_REGISTRY_URL'] ?? '').replace(/\/$/, '')
  const askedAt = Date.now()
  const answer = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(5_000) })
  await answer.body?.cancel()
  const date = Date.parse(answer.headers.get('date') ?? '')
  if (Number.isNaN(date)) return { ok: true, found: 'the registry does not say the time; the database does' }
  const skewMs = date - askedAt
  const found = `${Math.round(skewMs / 1_000)} s from the registry's`
  return Math.abs(skewMs) <= clockSkewMsMax
    ? { ok: true, found }
    : { ok: false, found, remedy: 'set the clocks by NTP' }
}
