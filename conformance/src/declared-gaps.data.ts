/** Something a driver does not do, though another does or Kafka could; none may touch a promise of `docs/guarantees.md`. */
export interface DeclaredGap {
  readonly drivers: readonly ('memory' | 'kafkajs' | 'platformatic')[]
  readonly doesNot: string
  /** Why every promise holds without it. */
  readonly because: string
  /** The test that shows how it is without, by file and title. */
  readonly shown: { readonly file: string; readonly title: string }
}

const kafka = ['kafkajs', 'platformatic'] as const

/** A driver whose gap touched a promise would be refused for that use, not listed here. */
export const declaredGaps: readonly DeclaredGap[] = [
  {
    drivers: ['memory'],
    doesNot: 'compress, log in, speak TLS, stamp times as a broker does, name brokers',
    because: 'it holds the records of one process, for tests; each is tried on the Kafka drivers',
    shown: {
      file: 'conformance/src/reading-cases.ts',
      title: 'T68 the cluster has a name, and its brokers have addresses',
    },
  },
  {
    drivers: kafka,
    doesNot: 'send idempotently outside transactions',
    because: 'a repetition carries the same message id, and whoever takes it in knows the id (promise 2)',
    shown: {
      file: 'conformance/src/outage.int.test.ts',
      title: 'O01 a send whose answer is lost is sent again: there once or twice, never called failed (A3)',
    },
  },
  {
    drivers: kafka,
    doesNot: 'keep partitions through a rebalance: the eager protocol takes all of them away and gives them out anew',
    because: 'the owner settles and commits before it lets go (promise 4); a rebalance costs a pause',
    shown: {
      file: 'conformance/src/group-cases.ts',
      title: 'T20 the owner is told, and may still commit, before its partitions go to another',
    },
  },
  {
    drivers: kafka,
    doesNot: 'say before 2 s are over that a partition does not exist',
    because: 'a topic just created may be unknown to a broker for a moment, so the broker is asked again',
    shown: {
      file: 'conformance/src/sending-cases.ts',
      title: 'T43 a partition that the topic does not have is refused, and the other records of the call are sent',
    },
  },
  {
    drivers: ['kafkajs'],
    doesNot: 'name the generation when offsets are committed in a transaction (K5)',
    because: 'a former owner is fenced by its transactional id, which the new owner has taken over',
    shown: {
      file: 'conformance/src/transaction-cases.ts',
      title: 'TX08 a new owner fences the former one: it sends and commits nothing more, whole or in part (C2)',
    },
  },
  {
    drivers: kafka,
    doesNot: 'see partitions that are added to a topic before up to 5 min are over',
    because:
      'what lies in them stays there and is then read from the beginning; Java waits as long (metadata.max.age.ms)',
    shown: {
      file: 'packages/kafka/src/changing-topics.int.test.ts',
      title: 'partitions that are added under a member are read from their beginning (X49)',
    },
  },
  {
    drivers: kafka,
    doesNot: 'log in by Kerberos (GSSAPI) or AWS IAM',
    because: 'a process that cannot log in says so and ends; nothing is taken that could be lost',
    shown: {
      file: 'conformance/src/login.int.test.ts',
      title: 'L03 a wrong $mechanism login is refused, at once and for good',
    },
  },
]
