import { InterchangeError } from '../failure/failure.ts'
import type { OutboundRecord } from '../transport.ts'

export const unavailable = (doing: string): InterchangeError =>
  new InterchangeError('ICX_KAFKA_UNAVAILABLE', `${doing}: no broker answered`, { class: 'outage' })

export const unknownOutcome = ({
  topic,
  partition,
}: OutboundRecord): { readonly status: 'unknown'; readonly error: InterchangeError } => ({
  status: 'unknown',
  error: new InterchangeError('ICX_KAFKA_UNKNOWN_OUTCOME', `${topic}: no acknowledgement`, {
    class: 'outage',
    facts: { topic, partition },
  }),
})
