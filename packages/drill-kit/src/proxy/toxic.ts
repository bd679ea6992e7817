import type { KafkaRequest } from './kafka-frames.ts'

/** Which half of a connection: what the client sends, or what the server sends. */
export type Direction = 'to-server' | 'to-client'

interface OneWay {
  /** Default: both. */
  readonly direction?: Direction
}

/** What a proxy can do to the connections it carries. Those that speak of Kafka's requests need a proxy of kind `kafka`. */
export type Toxic =
  /** Every piece comes later by `latencyMs` ± `jitterMs`, in order. */
  | ({ readonly kind: 'latency'; readonly latencyMs: number; readonly jitterMs?: number } & OneWay)
  | ({ readonly kind: 'bandwidth'; readonly bytesPerSecond: number } & OneWay)
  /** Pieces of at most so many bytes, each written by itself. */
  | ({ readonly kind: 'slicer'; readonly bytes: number } & OneWay)
  /** Nothing arrives and nobody is told; what was held arrives once the toxic is removed, as after a partition. */
  | ({ readonly kind: 'black-hole' } & OneWay)
  /** An orderly close is passed on later. */
  | ({ readonly kind: 'slow-close'; readonly delayMs: number } & OneWay)
  /** A connection ends after so many bytes. */
  | ({ readonly kind: 'limit-data'; readonly bytes: number } & OneWay)
  /** Connections end and new ones are refused. */
  | { readonly kind: 'down' }
  /** Connections are reset (RST), and new ones with their first bytes. */
  | { readonly kind: 'reset' }
  /** The answer to the `nth` (default: first) such request is swallowed and its connection reset; once. */
  | { readonly kind: 'lose-answer'; readonly request: KafkaRequest; readonly nth?: number }
  /** Such requests, and what is behind them on their connection, do not reach the broker until the toxic is removed. */
  | { readonly kind: 'hold-request'; readonly request: KafkaRequest }
  /** Answers to such requests, and what is behind them on their connection, do not reach the client until the toxic is removed. */
  | { readonly kind: 'hold-answer'; readonly request: KafkaRequest }

/** A toxic at work. It counts as a fault only when it is seen to have taken effect. */
export interface ActiveToxic {
  readonly toxic: Toxic
  /** How often it has changed something: pieces delayed, held or cut, connections ended, answers lost. */
  effects(): number
  /** Resolves at its first effect. */
  readonly tookEffect: Promise<void>
  /** Resolves when connections are as they would be without it. Idempotent. */
  remove(): Promise<void>
}

/** The proxy's own end of an active toxic. */
export interface WorkingToxic {
  readonly toxic: Toxic
  hit(): void
  /** Counts what it might have changed: 1 at the first call. */
  turn(): number
}

export const createWorkingToxic = (toxic: Toxic): WorkingToxic & Pick<ActiveToxic, 'effects' | 'tookEffect'> => {
  const first = Promise.withResolvers<void>()
  let effects = 0
  let turns = 0
  return {
    toxic,
    tookEffect: first.promise,
    effects: () => effects,
    turn: () => ++turns,
    hit() {
      effects++
      first.resolve()
    },
  }
}
