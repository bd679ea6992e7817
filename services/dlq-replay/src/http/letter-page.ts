import {
  type LetterPage,
  type LetterPlace,
  type ListedLetter,
  newestFirst,
  toLetterSummary,
} from '@interchange/dead-letters'
import { InterchangeError } from '@interchange/messaging'

/**
 * One page of a list that is newest first. The cursor names the last letter of the page before, so that letters which
 * arrive meanwhile shift nothing.
 */
export const letterPage = (listed: readonly ListedLetter[], limit: number, cursor: string | undefined): LetterPage => {
  const after = cursor === undefined ? undefined : readCursor(cursor)
  const rest = after === undefined ? listed : listed.filter(({ letter }) => newestFirst(after, letter) < 0)
  const page = rest.slice(0, limit)
  const last = page.at(-1)
  return {
    letters: page.map(toLetterSummary),
    total: listed.length,
    nextCursor: last === undefined || rest.length <= limit ? null : writeCursor(last.letter),
  }
}

const writeCursor = ({ failedAtMs, offset, id }: LetterPlace): string =>
  Buffer.from(`${failedAtMs} ${offset} ${id}`).toString('base64url')

const readCursor = (cursor: string): LetterPlace => {
  const [, failedAtMs, offset, id] =
    /^(-?\d{1,16}) (\d{1,16}) (.+)$/.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? []
  if (failedAtMs === undefined || offset === undefined || id === undefined) {
    throw new InterchangeError('ICX_HTTP_INVALID', 'cursor: not one of ours', { class: 'poison' })
  }
  return { failedAtMs: Number(failedAtMs), offset: Number(offset), id }
}
