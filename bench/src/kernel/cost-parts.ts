import { type Frame, shortPath } from './cpu-profile.ts'

/** A part of what a message costs. */
export interface CostPart {
  readonly part: string
  readonly share: number
}

/**
 * Where a function's own time belongs; the first that fits its file. What fits none belongs where its caller does. `budgetMicros` is what
 * a part of ours may cost: the reference's budget of 2.6 us, made for a core that takes 1.5 times as long, is 1.7 us here.
 */
const parts: readonly { readonly part: string; readonly fits: RegExp; readonly budgetMicros?: number }[] = [
  { part: 'client: fetch, record decoding', fits: /^(?:kafkajs|@platformatic\/kafka|long|kafka)\// },
  { part: 'Avro decoding', fits: /^(?:avsc|avro)\//, budgetMicros: 0.78 },
  {
    part: 'headers and message id',
    fits: /^messaging\/dist\/(?:record\/(?:header-block|event-id)|consume\/message\.js)/,
    budgetMicros: 0.13,
  },
  { part: 'key check', fits: /^messaging\/dist\/record\/is-text/, budgetMicros: 0.03 },
  {
    part: 'intake, lanes, offset ring',
    fits: /^messaging\/dist\/(?:consume\/(?:intake|lanes|offset-tracker|record-bytes)|fifo)/,
    budgetMicros: 0.27,
  },
  { part: 'scheduler, attempt, settlement, commit', fits: /^messaging\/dist\//, budgetMicros: 0.06 },
  { part: 'metrics and traces', fits: /^(?:telemetry|@opentelemetry)\//, budgetMicros: 0.14 },
  { part: 'recent ids', fits: /^kernel\/recent-ids/, budgetMicros: 0.1 },
  { part: 'handler and its proof', fits: /^kernel\// },
]
const collector = 'garbage collector'
const collectorBudgetMicros = 0.2
/** Sockets, timers, the engine's own work: what hangs below none of the above. */
const rest = 'sockets, event loop, engine'

/** All of ours. */
export const messageBudgetMicros: number = parts.reduce(
  (sum, { budgetMicros = 0 }) => sum + budgetMicros,
  collectorBudgetMicros,
)

/** What a part of ours may cost a message; undefined for what is not ours. */
export const budgetMicrosOf = (part: string): number | undefined =>
  part === collector ? collectorBudgetMicros : parts.find((each) => each.part === part)?.budgetMicros

/** Divides the time of a profile among the parts of a message's cost, the order as above; parts that cost nothing are left out. */
export const costParts = (root: Frame): readonly CostPart[] => {
  const micros = new Map([...parts.map(({ part }) => part), collector, rest].map((part) => [part, 0]))
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
  return parts.find(({ fits }) => fits.test(path))?.part
}
