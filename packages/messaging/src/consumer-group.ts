import type { Clock } from './clock.ts'
import type { Codec } from './codec.ts'
import type { GroupLimits } from './consume/group-limits.ts'
import type { DeliveryOutcome } from './delivery-outcome.ts'
import type { InterchangeError } from './failure/failure.ts'
import type { Logger } from './logger.ts'
import type { Metrics } from './metrics.ts'
import type { Publisher } from './publisher.ts'
import type { Route } from './route.ts'
import type { Tracing } from './tracing.ts'
import type { Transport } from './transport.ts'

/** Everything a consumer group needs, handed in. */
export interface ConsumerGroupOptions {
  readonly group: string
  /** At least one; a topic appears once. Each also reads the group's replay lane of its topic. */
  readonly routes: readonly Route[]
  readonly transport: Transport
  readonly codec: Codec
  /** For what publish routes answer. Groups of effect routes alone need none. */
  readonly publisher: Publisher | undefined
  readonly reportOutcome: (outcome: DeliveryOutcome) => Promise<void>
  readonly service: { readonly name: string; readonly version: string }
  readonly clock: Clock
  readonly random: () => number
  readonly logger: Logger
  readonly metrics: Metrics
  readonly tracing: Tracing
  /** Bounds that differ from `defaultGroupLimits`. */
  readonly limits?: Partial<GroupLimits>
  /** The group ended by itself; the process must exit non-zero. */
  readonly onEnded: (error: InterchangeError) => void
}

/** `degraded`: alive, waiting on an outage. `failed`: ended, or no progress (neither settled nor probed) for too long. */
export type GroupHealth = {
  readonly state: 'starting' | 'running' | 'degraded' | 'failed' | 'stopped'
  readonly detail: string
  readonly inFlight: number
  readonly assigned: number
  /** Age of the last settled or probed message while something is in flight, in milliseconds; 0 when idle. */
  readonly progressAgeMs: number
}

/** A running consumer group of this process. */
export interface ConsumerGroup {
  readonly group: string
  health(): GroupHealth
  /** Stops intake, lets what is in flight settle, commits, leaves the group; ends within `deadlineMs`. Idempotent. */
  stop(deadlineMs: number): Promise<void>
}
