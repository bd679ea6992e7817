import { placeKey } from '../history.ts'
import type { Checker } from './check.ts'

/**
 * T1, T2 and V15: what waits in a retry topic is not tried before it is due, by the clock of who tries; its attempts are counted
 * on; and it is the record it is a copy of.
 */
export const checkRetries: Checker = (_plan, report, ends) => (event) => {
  if (event.kind === 'append' && event.retry?.identical === false)
    report(
      'V15',
      `${placeKey(event)}/${event.offset} is not the record of ${placeKey(event.retry)}/${event.retry.offset}`,
    )
  if (event.kind !== 'start') return
  const { process, offset, attempt, ownMs } = event
  const retry = ends.recordAt(event.topic, event.partition, offset)?.retry
  if (retry === undefined) return
  const place = `${placeKey(event)}/${offset}`
  if (!(ownMs >= retry.dueMs)) report('T1', `${process} tries ${place} ${retry.dueMs - ownMs} ms early`)
  if (!(attempt > retry.attempts))
    report('T2', `${process} begins attempt ${attempt} at ${place}, which has had ${retry.attempts}`)
}
