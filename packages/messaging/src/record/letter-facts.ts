import type { HeaderBlock } from './header-block.ts'
import { controlHeaderPrefix, deadLetterHeaders } from './header-names.ts'

/**
 * What a route does about messages that come behind one with a letter: they wait for it (`hold`), the route tells when a replay
 * comes too late (`checked`), nobody minds the order (`none`), or the messages of the `key` or the whole `partition` go on.
 */
export const ordersAfterLetter = ['hold', 'checked', 'none', 'key', 'partition'] as const
export type OrderAfterLetter = (typeof ordersAfterLetter)[number]

/** Every fact once, and a few that a later version may add. */
const factsMax = Object.keys(deadLetterHeaders).length + 8

/**
 * The facts on a dead letter or a replay by header name, last one wins, also behind a header bomb. Empty when the block
 * cannot be read. Only for topics that are ours alone: anybody can write these names elsewhere.
 */
export const letterFacts = (headers: HeaderBlock): ReadonlyMap<string, string> => {
  const facts = new Map<string, string>()
  try {
    for (const { name, value } of headers.last(factsMax)) {
      if (name.startsWith(controlHeaderPrefix) && value !== null) facts.set(name, value.toString('utf8'))
    }
  } catch {
    facts.clear()
  }
  return facts
}
