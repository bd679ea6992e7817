import { fetchJvmParts } from './components/jvm-parts.ts'
import type { Environment } from './home.ts'
import { findJava } from './java.ts'
import { createReport } from './report.ts'

/** What it takes to run Kafka's own Java client, whatever the brokers run on. */
export interface JavaKafkaClient {
  readonly javaPath: string
  readonly jarsFolder: string
}

/** Finds a JDK and the published jars, fetching them once. Throws ICX_STACK_* with what to install. */
export const javaKafkaClient = async (
  env: Environment = process.env,
  report: (line: string) => void = () => undefined,
): Promise<JavaKafkaClient> => {
  const [javaPath, parts] = await Promise.all([findJava(env), fetchJvmParts(env, createReport(report))])
  return { javaPath, jarsFolder: parts.kafkaFolder }
}
