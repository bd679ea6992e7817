import { crashText, crashVariable } from '@interchange/drill-kit'
import type { Fault } from './fault.ts'

/** The relay is started to die at this point and hit, then dies; seen when it is gone by its own SIGKILL. */
export const crashRelay = (point: string): Fault => ({
  name: 'crash-relay',
  async carryOut({ stage, time }) {
    const relay = await stage.start('relay', { env: { [crashVariable]: crashText({ point, hit: 1 + (time % 3) }) } })
    const { signal } = await relay.process.exited
    const died = stage.facts().some((fact) => fact.op === 'crash' && fact.proc === relay.proc)
    if (signal !== 'SIGKILL' || !died) throw new Error(`${relay.proc} ended with ${signal} and not at ${point}`)
    return `${relay.proc} at ${point}`
  },
})
