import { deadLetterTopicName } from '@interchange/messaging'
import { waitFor } from '@interchange/testing'
import { type Fault, seenMs } from './fault.ts'

/** The writer sends a run of messages no handler can take; seen when the first is dead-lettered. */
export const poison: Fault = {
  name: 'poison',
  async carryOut({ stage, writer }) {
    const letters = async (): Promise<number> =>
      (await stage.admin.topicOffsets(deadLetterTopicName(stage.topic, stage.group))).reduce(
        (sum, { latest }) => sum + latest,
        0,
      )
    const before = await letters()
    writer.signal('SIGUSR2')
    await waitFor(async () => (await letters()) > before, { timeoutMs: seenMs, everyMs: 100, what: 'a dead letter' })
    return 'group'
  },
}
