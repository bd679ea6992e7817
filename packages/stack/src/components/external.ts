import { InterchangeError } from '@interchange/messaging'
import { waitUntilAnswers } from '../wait-until.ts'
import type { Component, ComponentName } from './component.ts'

const deadlineMs = 10_000

/** A component that somebody else runs: it must answer, and nothing here can kill or start it. */
export const joinExternal = async (
  name: ComponentName,
  address: string,
  answers: () => Promise<boolean>,
): Promise<Component> => {
  await waitUntilAnswers({ name: `${name} at ${address}`, deadlineMs, answers })
  const refuse = (): Promise<void> =>
    Promise.reject(
      new InterchangeError('ICX_STACK_START_FAILED', `${name} at ${address} is not this stack's to kill or start`, {
        class: 'fatal',
        facts: { component: name },
      }),
    )
  return { name, mode: 'external', version: null, address, pid: () => null, kill: refuse, start: refuse }
}
