import type { Failure } from '../../failure/classify.ts'
import { fingerprintOf } from '../../failure/fingerprint.ts'

/**
 * Recognises an outage that nobody names: so many messages in a row, none in between that went well, failed for the moment
 * and with one cause. Then the dependency is down, not the messages broken (design page 3, "Failure classes").
 */
export interface OutageWatch {
  good(): void
  /** The failure as it came, or as an `outage` when it is one more of a row. */
  judge(failure: Failure, place: string): Failure
}

export const createOutageWatch = (messagesMax: number): OutageWatch => {
  const failing = new Set<string>()
  let cause = ''
  return {
    good() {
      if (failing.size > 0) failing.clear()
    },
    judge(failure, place) {
      if (failure.failureClass !== 'transient') return failure
      const fingerprint = fingerprintOf(failure)
      if (fingerprint !== cause) failing.clear()
      cause = fingerprint
      if (failing.size < messagesMax) failing.add(place)
      return failing.size < messagesMax ? failure : { ...failure, failureClass: 'outage' }
    },
  }
}
