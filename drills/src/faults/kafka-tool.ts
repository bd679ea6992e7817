import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Arena } from '../arena.ts'

const tools = {
  acls: 'org.apache.kafka.tools.AclCommand',
  topics: 'org.apache.kafka.tools.TopicCommand',
  groups: 'org.apache.kafka.tools.consumer.group.ConsumerGroupCommand',
  'delete-records': 'org.apache.kafka.tools.DeleteRecordsCommand',
  configs: 'kafka.admin.ConfigCommand',
  'leader-election': 'org.apache.kafka.tools.LeaderElectionCommand',
  produce: 'org.apache.kafka.tools.ConsoleProducer',
  transactions: 'org.apache.kafka.tools.TransactionsCommand',
} as const

interface ToolOptions {
  readonly input?: string
  readonly heapMb?: number
}

/** Runs a command of Kafka's own, as an operator does, past the proxies. Rejects with what it said when it fails. */
export const kafkaTool = async (...call: Parameters<typeof askKafkaTool>): Promise<void> => {
  await askKafkaTool(...call)
}

/** As `kafkaTool`, and answers what it prints. */
export const askKafkaTool = async (
  { cluster, internalBrokers }: Arena,
  tool: keyof typeof tools,
  args: readonly string[],
  { input = '', heapMb = 128 }: ToolOptions = {},
): Promise<string> => {
  const jars = join(cluster.jarsFolder, '*')
  const jvm = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC', `-Xmx${heapMb}m`, '-cp', jars]
  const servers = ['--bootstrap-server', internalBrokers.join()]
  const running = promisify(execFile)(cluster.javaPath, [...jvm, tools[tool], ...servers, ...args])
  running.child.stdin?.end(input)
  const { stdout } = await running
  if (/^Error/m.test(stdout)) throw new Error(stdout)
  return stdout
}
