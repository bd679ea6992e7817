import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import type { HistoryFile } from '@interchange/drill-kit'
import { type Answer, type HandlerContext, rejected } from '@interchange/messaging'
import { deeds } from './deeds.ts'
import type { Ground, Step } from './step.ts'

/** A step with its effect. */
export interface StepDone extends Step {
  readonly id: string
}

/** The handler of a member, by what its ground and each step say. */
export const createHandler = (
  ground: Pick<Ground, 'historyFolder' | 'dependencyUrl' | 'healed'>,
  history: HistoryFile,
): ((step: Step, context: HandlerContext) => Answer<StepDone>) => {
  const { dependencyUrl, historyFolder } = ground
  return (step, context) => {
    const { messageId, attempt } = context
    if (step.poison && step.does === undefined && ground.healed !== true)
      throw rejected(`step ${step.seq} cannot be handled`)
    const done = { ...step, id: messageId }
    if (step.does === undefined && dependencyUrl === null) return done
    history.note({ op: 'attempt', id: messageId, attempt, timeMs: Date.now() })
    if (step.does === undefined) return ask(dependencyUrl ?? '', context).then(() => done)
    const firstTime = (): boolean => isFirst(join(historyFolder, `${messageId}.once`))
    return deeds[step.does](done, context, firstTime)
  }
}

const askMs = 2_000

/** As most services ask: whatever is no answer is thrown as it comes. */
const ask = async (url: string, { signal }: HandlerContext): Promise<void> => {
  const answer = await fetch(url, { signal: AbortSignal.any([signal, AbortSignal.timeout(askMs)]) })
  await answer.arrayBuffer()
  if (!answer.ok) throw new Error(`the dependency answers ${answer.status}`)
}

const isFirst = (path: string): boolean => {
  try {
    closeSync(openSync(path, 'wx'))
    return true
  } catch {
    return false
  }
}
