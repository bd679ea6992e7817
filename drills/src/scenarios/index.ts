import type { Scenario } from '../scenario.ts'
import { brokerScenarios } from './brokers.data.ts'
import { consumeScenarios } from './consume.data.ts'
import { messageScenarios } from './messages.data.ts'
import { networkScenarios } from './network.data.ts'
import { outageScenarios } from './outage.data.ts'
import { publishScenarios } from './publish.data.ts'
import { registryScenarios } from './registry.data.ts'
import { replayScenarios } from './replay.data.ts'
import { securityScenarios } from './security.data.ts'
import { telemetryScenarios } from './telemetry.data.ts'
import { transactionScenarios } from './transactions.data.ts'

/** What is drilled, by the names of the catalogue. */
export const scenarios: readonly Scenario[] = [
  ...publishScenarios,
  ...consumeScenarios,
  ...messageScenarios,
  ...brokerScenarios,
  ...networkScenarios,
  ...outageScenarios,
  ...registryScenarios,
  ...replayScenarios,
  ...securityScenarios,
  ...telemetryScenarios,
  ...transactionScenarios,
]
