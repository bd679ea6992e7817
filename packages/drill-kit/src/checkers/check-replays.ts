import type { Checker, Violation } from './check.ts'

/**
 * V16: what was sent back, however often, has the one effect it was sent for, and each copy is the letter it was made of. V10
 * counts effects of everything; this one also misses those that never came.
 */
export const checkReplays: Checker = ({ letters, effects, replays = [] }) => {
  const letterOf = new Map(letters.map((letter) => [letter.id, letter]))
  const effectsOf = Map.groupBy(effects, ({ id }) => id)
  return [...Map.groupBy(replays, ({ id }) => id)].flatMap(([id, copies]): readonly Violation[] => {
    const letter = letterOf.get(id)
    const violation = (detail: string, ...facts: readonly unknown[]): Violation => ({ invariant: 'V16', detail, facts })
    if (letter === undefined) return [violation(`${id} was sent back and is no letter`, copies[0])]
    const changed = copies.find((copy) =>
      (['key', 'valueHash', 'headersHash'] as const).some((part) => copy[part] !== letter[part]),
    )
    if (changed !== undefined) return [violation(`${id} was sent back as something else`, letter, changed)]
    const done = effectsOf.get(id) ?? []
    if (done.length === 1) return []
    return [violation(`${id} was sent back ${copies.length} times and has ${done.length} effects`, letter, ...done)]
  })
}
