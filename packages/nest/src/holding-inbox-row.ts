import type { DeliveryOutcome } from '@interchange/messaging'
import { type Database, holdInboxRow } from '@interchange/store'

/** Reports, once the inbox is told to keep, or no longer to keep, what it knows of a message with a letter. */
export const holdingInboxRow =
  (database: Database, report: (outcome: DeliveryOutcome) => Promise<void>) =>
  async (outcome: DeliveryOutcome): Promise<void> => {
    await holdInboxRow(database, outcome)
    await report(outcome)
  }
