import type { RetryPolicy } from '@interchange/messaging'

/** How the members of a drill handle steps, where it is not as the kernel does by itself. */
export interface Handling {
  readonly timeoutMs?: number
  readonly retry?: Partial<RetryPolicy>
  /** How soon a member sees that its topics have changed; default: the driver's. */
  readonly metadataMaxAgeMs?: number
  /** Each member tells what it takes of memory and how long it was away from its events. */
  readonly vitals?: boolean
  /** Each message has a span, which goes to the arena's dependency as to a collector of traces. */
  readonly traces?: boolean
  /** How many times as fast the members' clock runs as the machine's. */
  readonly clockFactor?: number
  /** How far the clocks of members are off, every second one's ahead, the others' behind. */
  readonly clockOffMs?: number
  /** Each step asks the arena's dependency before it has its effect. */
  readonly asks?: boolean
}
