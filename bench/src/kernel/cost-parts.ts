import { type Frame, shortPath } from './cpu-profile.ts'

/** A part of what a message costs. */
export interface CostPart {
  readonly part: string
  readonly share: number
}

/** Where a function's own time belongs; the first that fits its file. What fits none belongs where its caller does. */
const parts: readonly (readonly [part: string, fits: RegExp])[] = [
  ['client: fetch, record decoding', /^(?:kafkajs|@platformatic\/kafka|long|kafka)\//],
  ['Avro decoding', /^(?:avsc|avro)\//],
  [
    'headers and message id',
    /^messaging\/dist\/record\/(?:header-block|event-id)|^messaging\/dist\/consume\/message\.js/,
  ],
  ['key check', /^messaging\/dist\/record\/is-text/],
  [
    'intake, lanes, offset ring',
    /^messaging\/dist\/consume\/(?:intake|lanes|offset-tracker|record-bytes)|^messaging\/dist\/fifo/,
  ],
  ['scheduler, attempt, settlement, commit', /^messaging\/dist\//],
  ['metrics and traces', /^(?:telemetry|@opentelemetry)\//],
  ['recent ids', /^kernel\/recent-ids/],
  ['handler and its proof', /^kernel\//],
]
const collector = 'garbage collector'
/** Sockets, timers, the engine's own work: what hangs below none of the above. */
const rest = 'sockets, event loop, engine'

/** Divides the time of a profile among the parts of a message's cost, the order as above; parts that cost nothing are left out. */
export const costParts = (root: Frame): readonly CostPart[] => {
  const micros = new Map([...parts.map(([part]) => part), collector, rest].map((part) => [part, 0]))
  const walk = (frame: Frame, above: string): void => {
    const part = partOf(frame) ?? above
    micros.set(part, (micros.get(part) ?? 0) + frame.selfMicros)
    for (const child of frame.children) walk(child, part)
  }
  walk(root, rest)
  return [...micros].flatMap(([part, own]) => (own === 0 ? [] : [{ part, share: own / root.totalMicros }]))
}

const partOf = ({ name, url }: Frame): string | undefined => {
  if (name === '(garbage collector)') return collector
  if (url === '' || url.startsWith('node:')) return undefined
  const path = shortPath(url)
  return parts.find(([, fits]) => fits.test(path))?.[0]
}
