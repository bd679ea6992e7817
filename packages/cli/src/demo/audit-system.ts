import {
  type Balance,
  type BookedGroup,
  closeBooks,
  type EffectFacts,
  type LogFacts,
  readBooks,
  readLog,
  storeGroups,
} from '@interchange/accounting'
import { catalogue, groups, invoiceReceived, topics, topicsOf } from '@interchange/contracts'
import { deadLetterTopicName } from '@interchange/messaging'
import type { JavaKafkaClient } from '@interchange/stack'

/** Everything the auditor saw, and what follows from it. */
export interface Audit {
  readonly balance: Balance
  readonly log: LogFacts
  readonly effects: EffectFacts
  readonly duplicatedEffects: number
}

/**
 * Closes the books of the whole system from outside: Kafka's own client against SQL. Every group must be quiet.
 */
export const auditSystem = async (where: {
  readonly brokers: string
  readonly databaseUrl: string
  readonly client: JavaKafkaClient
}): Promise<Audit> => {
  const reader = { ...where.client, brokers: where.brokers }
  const names = catalogue.map(({ name }) => name)
  const [log, effects] = await Promise.all([readLog(reader, names, groups), readBooks(where.databaseUrl)])
  const balance = closeBooks(
    log,
    groups.map((group) => booked(group, effects)),
    effects.acknowledgedIds,
  )
  const duplicates = effects.duplicates.reduce((sum, { count }) => sum + count, 0)
  return { balance, log, effects, duplicatedEffects: duplicates + balance.divergentIds.length }
}

const booked = (group: string, effects: EffectFacts): BookedGroup => {
  const base = { group, topics: topicsOf(group).map(({ name }) => name) }
  if (storeGroups.includes(group)) {
    const none = new Set<string>()
    const doneIds = effects.doneIds.get(group) ?? none
    return { ...base, doneIds, waitingIds: effects.waitingIds.get(group) ?? none }
  }
  const retries = catalogue.filter((physical) => physical.role === 'retry' && physical.group === group)
  return {
    ...base,
    outputs: topics.filter(({ owner }) => owner === group).map(({ name }) => name),
    retryTopics: retries.map(({ name, topic }) => ({ name, topic: topic.name })),
  }
}

/** Invoices that are dead letters of the transformer and that it has not done after all. */
export const deadInvoices = ({ log, balance }: Audit): ReadonlySet<string> => {
  const letters = deadLetterTopicName(invoiceReceived.name, 'transformer')
  const dead = new Set(balance.groups.find(({ group }) => group === 'transformer')?.deadIds)
  return new Set(
    log.records.flatMap(({ topic, key, id }) => (topic === letters && key !== null && dead.has(id ?? '') ? [key] : [])),
  )
}
