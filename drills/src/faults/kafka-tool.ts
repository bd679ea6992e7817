import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Arena } from '../arena.ts'

const tools = {
  topics: 'org.apache.kafka.tools.TopicCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  configs: 'kafka.admin.ConfigCommand',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
} as const

/** Runs a command of Kafka's own, as an operator does, past the proxies. Rejects with what it said when it fails. */
export const kafkaTool = async (...call: Parameters<typeof askKafkaTool>): Promise<void> => {
  await askKafkaTool(...call)
}

/** As `kafkaTool`, and answers what it prints. */
export const askKafkaTool = async (
  { cluster, internalBrokers }: Arena,
  tool: keyof typeof tools,
  args: readonly string[],
): Promise<string> => {
  const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', '-Xmx128m', '-cp', join(cluster.jarsFolder, '*')]
  const servers = ['--bootstrap-server', internalBrokers.join()]
  const { stdout } = await promisify(execFile)(cluster.javaPath, [...jvm, tools[tool], ...servers, ...args])
  if (/^Error/m.test(stdout)) throw new Error(stdout)
  return stdout
}
