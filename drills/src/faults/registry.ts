import { setTimeout as pause } from 'node:timers/promises'
import type { ActiveToxic, Manner, Toxic } from '@interchange/drill-kit'
import { waitFor } from '@interchange/testing'
import { type Actor, registerStep, type Stage } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'
import { untilDoneSoFar } from './operator.ts'

/** Longer than any bound. */
const resumeMsMax = 11_000

type Trouble = Pick<ActiveToxic, 'effects' | 'remove'>
type Registry = NonNullable<Stage['arena']['registry']>

/** The way to the registry is cut, held or narrowed while a version comes that is new to the members. */
export const newSchemaBehind = (toxic: Toxic, forMs: number): Fault =>
  newSchemaDuring(toxic.kind, ({ proxy }) => proxy.add(toxic), forMs)

/** The registry answers in this manner while a version comes that is new to the members. */
export const newSchemaAnswered = (manner: Manner, forMs: number): Fault =>
  newSchemaDuring(
    manner.kind === 'status' ? `status ${manner.status}` : manner.kind,
    async ({ front }) => front.behave(manner),
    forMs,
  )

/**
 * A writer with a new schema version comes while the members cannot ask the registry; seen when the registry's trouble was met,
 * and the members have records of that version and can do nothing with them for so long.
 */
const newSchemaDuring = (name: string, begin: (registry: Registry) => Promise<Trouble>, forMs: number): Fault => ({
  name: `new-schema, registry ${name}`,
  async carryOut({ stage }) {
    const registry = registryOf(stage)
    await registerStep(stage.arena, stage.topic, 2)
    // What is left of the version would teach it to members that start while the registry answers. A flood of letters takes its time.
    await untilDoneSoFar(stage, 3 * seenMs)
    await restartMembers(stage)
    const trouble = await begin(registry)
    const { keys, perSecond } = stage.setting.load
    const ground = { schemaVersion: 2, registryUrl: registry.internalUrl } as const
    const writer = await stage.start('writer', { args: [keys, perSecond, 0].map(String), ground })
    const met = (): boolean => trouble.effects() > 0 && isDelivered(stage, writer)
    const hasEffect = async (): Promise<boolean> => {
      const rows = await stage.database.query('SELECT 1 FROM effect WHERE key LIKE $1 LIMIT 1', [`${writer.proc}/%`])
      return rows.length > 0
    }
    try {
      await waitFor(met, { timeoutMs: seenMs, everyMs: 200, what: 'a delivery of the new version' })
      await pause(forMs)
      if (await hasEffect()) throw new Error('the members could read the new version')
      await trouble.remove()
      const healedMs = performance.now()
      // What never resumes is the figure's to judge: the fault took effect.
      await waitFor(hasEffect, { timeoutMs: resumeMsMax, everyMs: 50 }).catch(() => undefined)
      stage.history.note({ op: 'measured', figure: 'resumeMs', value: Math.round(performance.now() - healedMs) })
    } finally {
      await trouble.remove()
      await writer.process.stop(20_000)
    }
    return 'registry'
  },
})

export const registryOf = ({ arena }: Stage): Registry => {
  if (arena.registry === null) throw new Error('this arena has no registry')
  return arena.registry
}

/** New processes know no schema: each time a version has to be new to those that read it. */
export const restartMembers = async (stage: Stage): Promise<void> => {
  for (const member of stage.members.splice(0)) await member.process.stop(20_000)
  stage.members.push(...(await Promise.all(Array.from({ length: stage.setting.members }, () => stage.start('member')))))
}

export const isDelivered = (stage: Stage, { proc }: Actor): boolean => {
  const facts = stage.facts()
  const theirs = new Set(facts.flatMap((fact) => (fact.op === 'send' && fact.proc === proc ? [fact.id] : [])))
  return facts.some((fact) => fact.op === 'deliver' && theirs.has(fact.id))
}
