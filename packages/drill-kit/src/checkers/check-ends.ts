import type { Effect } from '../history/observed.ts'
import type { Checker, Violation } from './check.ts'

/** V9: the first effects of a key's messages stand in its order. */
export const checkOrder: Checker = ({ effects }) => {
  const highest = new Map<string, Effect>()
  const seen = new Set<string>()
  return effects.flatMap((effect): readonly Violation[] => {
    if (seen.has(effect.id)) return []
    seen.add(effect.id)
    const before = highest.get(effect.key)
    if (before === undefined || effect.seq > before.seq) highest.set(effect.key, effect)
    if (before === undefined || effect.seq > before.seq) return []
    const detail = `the effect of ${effect.key}/${effect.seq} comes after that of ${before.seq}`
    return [{ invariant: 'V9', detail, facts: [before, effect] }]
  })
}

/** V10: a message has one effect. */
export const checkOnce: Checker = ({ effects }) =>
  [...Map.groupBy(effects, ({ id }) => id).values()]
    .filter((copies) => copies.length > 1)
    .map((copies) => {
      const [first] = copies
      return { invariant: 'V10', detail: `${first?.key}/${first?.seq} has ${copies.length} effects`, facts: copies }
    })

/** V14: what the group has passed is done, dead or waiting, and each message has the end that is right for it. */
export const checkAccounting: Checker = ({ history, log, effects, letters, waiting, committed, replays = [] }) => {
  const poison = new Set(history.flatMap((fact) => (fact.op === 'send' && fact.poison === true ? [fact.id] : [])))
  const done = new Set(effects.map(({ id }) => id))
  const dead = new Set(letters.map(({ id }) => id))
  // What was sent back after somebody mended its cause may be both.
  const sentBack = new Set(replays.map(({ id }) => id))
  const end = new Map(committed.map(({ partition, offset }) => [partition, offset]))
  return log.flatMap((record): readonly Violation[] => {
    const { id } = record
    const violation = (detail: string): readonly Violation[] => [{ invariant: 'V14', detail, facts: [record] }]
    if (done.has(id) && poison.has(id) && !sentBack.has(id))
      return violation(`${id} cannot be handled and has an effect`)
    if (dead.has(id) && !poison.has(id)) return violation(`${id} was dead-lettered and is sound`)
    if (done.has(id) && dead.has(id) && !sentBack.has(id)) return violation(`${id} is done and dead`)
    const passed = record.offset < (end.get(record.partition) ?? 0)
    return passed && !done.has(id) && !dead.has(id) && !waiting.has(id)
      ? violation(`${id} was passed and is nowhere`)
      : []
  })
}

/** V17: the run became calm in its time after the faults. */
export const checkRecovery: Checker = ({ history }) => {
  const heal = history.find(({ op }) => op === 'heal')
  const end = history.findLast(({ op }) => op === 'calm' || op === 'late')
  if (end?.op === 'calm') return []
  const detail = end?.op === 'late' ? end.detail : 'nobody saw it settle'
  return [{ invariant: 'V17', detail, facts: [heal, end].filter((fact) => fact !== undefined) }]
}
