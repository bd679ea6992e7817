import {
  createLetterBook,
  type LetterFilter,
  type LetterQuery,
  letterSources,
  type ReplayClient,
  readLetterBook,
  showLetter,
  toCauseSummary,
  toLetterDetail,
  toLetterSummary,
} from '@interchange/dead-letters'
import { CommandEnd, exitCodes } from './exit-codes.ts'
import type { System } from './system.ts'

/** What can be read of dead letters; the replay service answers it, and so does Kafka itself. */
export type LetterReader = Pick<ReplayClient, 'letters' | 'causes' | 'letter'>

/**
 * Reads the letters from the topics themselves, for when the replay service is down: the same book, built anew. Personal data
 * stays masked, as revealing it must be audited and only the service does that.
 */
export const lettersFromKafka = async (system: System): Promise<LetterReader> => {
  const { transport, signal } = system
  const codec = await system.codec()
  const book = createLetterBook()
  await readLetterBook({ transport, codec, sources: letterSources(), book, signal })
  return {
    letters: async ({ limit = 50, cursor, ...query } = {}) => {
      const from = Number(cursor ?? 0)
      const all = book.list(filterOf(query))
      const letters = all.slice(from, from + limit).map(toLetterSummary)
      const next = from + letters.length
      return { letters, total: all.length, nextCursor: next < all.length ? String(next) : null }
    },
    causes: async (query = {}) => book.causes(filterOf(query)).map(toCauseSummary),
    letter: async (id, options) => {
      if (options?.reveal === true) {
        throw new CommandEnd(
          exitCodes.cannotConnect,
          'Personal data is revealed by the replay service alone, which keeps the audit.',
        )
      }
      const listed = book.find(id)
      if (listed === undefined) throw new CommandEnd(exitCodes.nothingFound, 'No dead letter has this id.')
      return toLetterDetail(listed, await showLetter({ transport, codec }, listed.letter), false)
    },
  }
}

const filterOf = ({ since, correlation, ...query }: Omit<LetterQuery, 'limit' | 'cursor'>): LetterFilter => ({
  ...query,
  ...(correlation !== undefined && { correlationId: correlation }),
  ...(since !== undefined && { sinceMs: Date.parse(since) }),
})
