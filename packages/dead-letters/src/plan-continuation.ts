import { messageKey, replayIdOf } from './letter-states.ts'
import { planReplay, type ReplayPlan, type ReplayPlanning } from './plan-replay.ts'

export type ContinuationPlanning = Omit<ReplayPlanning, 'selection' | 'force' | 'action'>

/**
 * What a replay that was cut short has left: the letters its audit names, which it has not sent and which still wait for somebody.
 * Undefined when no audit names it: then nothing was sent either. Rejects as `planReplay` does.
 */
export const planContinuation = async (planning: ContinuationPlanning): Promise<ReplayPlan | undefined> => {
  const { book, replayId } = planning
  const audits = book.audits().filter(({ action, auditId }) => action === 'replay' && replayIdOf(auditId) === replayId)
  if (audits.length === 0) return undefined
  const sent = new Set(book.sentBy(replayId).map(({ group, topic, messageId }) => messageKey(group, topic, messageId)))
  const isLeft = (id: string): boolean => {
    const letter = book.find(id)?.letter
    // One that nobody knows any more is refused by the plan, and so is told.
    if (letter === undefined) return true
    return !sent.has(messageKey(letter.source.group, letter.source.topic.name, letter.facts.messageId))
  }
  const letterIds = [...new Set(audits.flatMap((audit) => audit.letterIds))].filter(isLeft)
  return planReplay({ ...planning, selection: { letterIds } })
}
