import type { Toxic } from '@interchange/drill-kit'
import type { CommandLine, OwnDrill, OwnFault, OwnInvariant, PlannedOwnFault } from './own-drill.ts'

type Fields = Readonly<Record<string, unknown>>

const fail = (where: string, wanted: string): never => {
  throw new TypeError(`${where} has to be ${wanted}.`)
}

/** Reads a drill from the JSON of its file; a TypeError says what is wrong where. */
export const readOwnDrill = (json: unknown): OwnDrill => {
  const drill = fields(json, 'the drill')
  refuseOthers(drill, 'the drill', [
    'name',
    'brokers',
    'registry',
    'setUp',
    'service',
    'load',
    'faults',
    'invariants',
    'settleMs',
  ])
  const service = fields(drill['service'], 'service')
  refuseOthers(service, 'service', ['start', 'env', 'ready', 'instances'])
  const brokers = drill['brokers'] ?? 1
  const { load = null } = drill
  const invariants = list(drill['invariants'], 'invariants').map(invariant)
  const faults = list(drill['faults'], 'faults').map(plannedFault)
  if (invariants.length === 0) fail('invariants', 'a list with at least one')
  if (faults.length === 0) fail('faults', 'a list with at least one')
  return {
    name: matching(drill['name'], 'name', /^[a-z][a-z0-9-]{0,30}$/, 'lower-case letters, digits and hyphens'),
    brokers: brokers === 1 || brokers === 3 ? brokers : fail('brokers', '1 or 3'),
    registry: flag(drill['registry'] ?? false, 'registry'),
    setUp: list(drill['setUp'] ?? [], 'setUp').map((command, index) => commandLine(command, `setUp ${index + 1}`)),
    service: {
      start: commandLine(service['start'], 'service.start'),
      env: texts(service['env'] ?? {}, 'service.env'),
      ready: ready(fields(service['ready'], 'service.ready')),
      instances: count(service['instances'] ?? 1, 'service.instances'),
    },
    load: load === null ? null : commandLine(load, 'load'),
    faults,
    invariants,
    settleMs: count(drill['settleMs'] ?? 60_000, 'settleMs'),
  }
}

const plannedFault = (json: unknown, index: number): PlannedOwnFault => {
  const where = `fault ${index + 1}`
  const planned = fields(json, where)
  refuseOthers(planned, where, ['kind', 'toxic', 'forMs', 'times', 'everyMs'])
  return {
    fault: fault(planned, where),
    times: count(planned['times'] ?? 1, `${where}.times`),
    everyMs: count(planned['everyMs'] ?? 2_000, `${where}.everyMs`),
  }
}

const fault = ({ kind, toxic, forMs = 5_000 }: Fields, where: string): OwnFault => {
  switch (kind) {
    case 'kill':
    case 'restart':
      return { kind }
    case 'freeze':
      return { kind, forMs: count(forMs, `${where}.forMs`) }
    case 'network':
    case 'database':
    case 'registry':
      return { kind, toxic: toxicOf(toxic, `${where}.toxic`), forMs: count(forMs, `${where}.forMs`) }
    default:
      return fail(`${where}.kind`, 'kill, restart, freeze, network, database or registry')
  }
}

/** The numbers each kind of toxic cannot do without. */
const toxicNumbers: Readonly<Partial<Record<string, readonly string[]>>> = {
  latency: ['latencyMs'],
  bandwidth: ['bytesPerSecond'],
  slicer: ['bytes'],
  'black-hole': [],
  'slow-close': ['delayMs'],
  'limit-data': ['bytes'],
  down: [],
  reset: [],
}

const toxicOf = (json: unknown, where: string): Toxic => {
  const toxic = fields(json, where)
  const needed = toxicNumbers[String(toxic['kind'])] ?? fail(`${where}.kind`, Object.keys(toxicNumbers).join(', '))
  for (const name of needed) count(toxic[name], `${where}.${name}`)
  return toxic as unknown as Toxic
}

const invariant = (json: unknown, index: number): OwnInvariant => {
  const where = `invariant ${index + 1}`
  const { says, sql, command } = fields(json, where)
  const own = { says: text(says, `${where}.says`) }
  if ((sql === undefined) === (command === undefined)) return fail(where, 'either sql or a command')
  return sql === undefined
    ? { ...own, command: commandLine(command, `${where}.command`) }
    : { ...own, sql: text(sql, `${where}.sql`) }
}

const ready = ({ url, log }: Fields): OwnDrill['service']['ready'] => {
  if ((url === undefined) === (log === undefined)) return fail('service.ready', 'either a url or a log')
  return log === undefined
    ? { url: text(url, 'service.ready.url') }
    : { log: new RegExp(text(log, 'service.ready.log')) }
}

const fields = (json: unknown, where: string): Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json) ? (json as Fields) : fail(where, 'an object')

const refuseOthers = (object: Fields, where: string, known: readonly string[]): void => {
  for (const name of Object.keys(object)) if (!known.includes(name)) fail(`${name} in ${where}`, known.join(', '))
}

const list = (json: unknown, where: string): readonly unknown[] => (Array.isArray(json) ? json : fail(where, 'a list'))

const text = (json: unknown, where: string): string =>
  typeof json === 'string' && json !== '' ? json : fail(where, 'a text')

const matching = (json: unknown, where: string, pattern: RegExp, wanted: string): string =>
  pattern.test(text(json, where)) ? String(json) : fail(where, wanted)

const flag = (json: unknown, where: string): boolean =>
  typeof json === 'boolean' ? json : fail(where, 'true or false')

const count = (json: unknown, where: string): number =>
  Number.isInteger(json) && Number(json) > 0 ? Number(json) : fail(where, 'a whole number above zero')

const texts = (json: unknown, where: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(fields(json, where)).map(([name, value]) => [name, text(value, `${where}.${name}`)]),
  )

const commandLine = (json: unknown, where: string): CommandLine => {
  const [command, ...args] = list(json, where).map((word) => text(word, where))
  return command === undefined ? fail(where, 'a program and its arguments') : [command, ...args]
}
