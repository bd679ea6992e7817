import type { Logger } from '@interchange/messaging'

/** The order in which a process lets go, once no request comes in any more. `upkeep` works on databases: relays, pruners. */
export const closingOrder = ['groups', 'publisher', 'upkeep', 'database'] as const

/** One step of the way down. */
export type ClosingStep = (typeof closingOrder)[number]

/** What must be closed, and in which order. */
export interface Lifetimes {
  add(step: ClosingStep, name: string, close: (deadlineMs: number) => Promise<void>): void
  /** Closes step by step, each step's members at once; what fails or is late is logged and left. Idempotent, never rejects. */
  close(): Promise<void>
}

/** `totalMs` is what all steps together may take. */
export const createLifetimes = (logger: Logger, totalMs: number): Lifetimes => {
  const members: { step: ClosingStep; name: string; close: (deadlineMs: number) => Promise<void> }[] = []
  let closing: Promise<void> | undefined

  const closeAll = async (): Promise<void> => {
    const untilMs = performance.now() + totalMs
    for (const step of closingOrder) {
      const leftMs = Math.max(0, untilMs - performance.now()) * shareOf(step)
      await Promise.all(members.filter((member) => member.step === step).map((member) => closeOne(member, leftMs)))
    }
  }

  const closeOne = async (member: (typeof members)[number], leftMs: number): Promise<void> => {
    const { step, name } = member
    const startedMs = performance.now()
    try {
      const closed = await Promise.race([member.close(leftMs).then(() => true), late(leftMs)])
      const tookMs = Math.round(performance.now() - startedMs)
      if (closed) logger.info({ step, name, tookMs }, 'closed')
      else logger.error({ step, name, tookMs }, 'did not close in time')
    } catch (error) {
      logger.error({ step, name, error }, 'did not close cleanly')
    }
  }

  return {
    add: (step, name, close) => void members.push({ step, name, close }),
    close: () => (closing ??= closeAll()),
  }
}

/** A step that hangs leaves something to those after it. */
const shareOf = (step: ClosingStep): number => (step === closingOrder.at(-1) ? 1 : 0.7)

const late = (delayMs: number): Promise<false> =>
  new Promise((resolve) => {
    setTimeout(() => resolve(false), delayMs).unref()
  })
