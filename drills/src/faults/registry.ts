import { setTimeout as pause } from 'node:timers/promises'
import { waitFor } from '@interchange/testing'
import { registerStep } from '../stage.ts'
import { type Fault, seenMs } from './fault.ts'

/**
 * A writer with a new schema version comes while the members cannot ask the registry; seen when they have its records and can
 * do nothing with them for so long.
 */
export const newSchemaWithoutRegistry = (forMs: number): Fault => ({
  name: 'new-schema-without-registry',
  async carryOut({ stage }) {
    const { arena, topic, setting, database } = stage
    if (arena.registry === null) throw new Error('this arena has no registry')
    await registerStep(arena, topic, 2)
    // The members that know the version already are no test: each time it has to be new to them.
    for (const member of stage.members.splice(0)) await member.process.stop(20_000)
    stage.members.push(...(await Promise.all(Array.from({ length: setting.members }, () => stage.start('member')))))
    const down = await arena.registry.proxy.add({ kind: 'down' })
    const { keys, perSecond } = setting.load
    const ground = { schemaVersion: 2, registryUrl: arena.registry.internalUrl } as const
    const writer = await stage.start('writer', { args: [keys, perSecond, 0].map(String), ground })
    try {
      const delivered = (): boolean => {
        const theirs = new Set(
          stage.facts().flatMap((fact) => (fact.op === 'send' && fact.proc === writer.proc ? [fact.id] : [])),
        )
        return stage.facts().some((fact) => fact.op === 'deliver' && theirs.has(fact.id))
      }
      await waitFor(delivered, { timeoutMs: seenMs, everyMs: 200, what: 'a delivery of the new version' })
      await pause(forMs)
      const done = await database.query('SELECT 1 FROM effect WHERE key LIKE $1 LIMIT 1', [`${writer.proc}/%`])
      if (done.length > 0) throw new Error('the members could read the new version')
    } finally {
      await down.remove()
      await writer.process.stop(20_000)
    }
    return 'registry'
  },
})
