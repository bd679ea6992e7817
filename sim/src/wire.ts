import type {
  AssignedPartition,
  ConsumerOptions,
  OutboundRecord,
  RecordBatch,
  SendOutcome,
  Transport,
  TransportConsumer,
} from '@interchange/messaging'
import type { Broker } from './broker.ts'
import type { Dice } from './dice.ts'
import type { HistoryEvent } from './history.ts'
import type { Kernel } from './kernel.ts'
import type { Process } from './world.ts'

export interface WireOptions {
  readonly kernel: Kernel
  readonly broker: Broker
  readonly dice: Dice
  readonly process: Process
  readonly note: (event: HistoryEvent) => void
}

/** The network between one process and the broker. */
export interface Wire {
  readonly transport: Transport
  /** The member this process has in its group, once it asked to join. */
  readonly member: WireMember | undefined
}

export interface WireMember {
  /** Undefined until it has joined. */
  consumer: TransportConsumer | undefined
  /** The assignment as this process knows it. */
  epochOf(topic: string, partition: number): number
  readonly holdsAnything: boolean
  /** Its session is lost; what the broker says about that may never arrive. */
  expired: boolean
}

/**
 * Requests take a time drawn from the seed and may overtake each other; they get lost, arrive twice or after their
 * timeout. What the broker says to a member arrives in order, but for fetches that arrive twice or long afterwards.
 */
export const createWire = ({ kernel, broker, dice, process, note }: WireOptions): Wire => {
  let member: WireMember | undefined

  const fault = (fault: 'drop' | 'duplicate' | 'reorder' | 'delay', detail: string): void =>
    note({ kind: 'fault', fault, process: process.name, detail })
  const latency = (): number => {
    const delayMs = dice.latencyMs()
    if (delayMs >= 20) fault('delay', `${delayMs} ms`)
    return delayMs
  }
  const unknown = (records: readonly OutboundRecord[]): SendOutcome[] =>
    records.map(({ topic, partition }) => ({
      status: 'unknown',
      error: new kernel.InterchangeError('ICX_KAFKA_UNKNOWN_OUTCOME', `${topic}: no acknowledgement`, {
        class: 'outage',
        facts: { topic, partition },
      }),
    }))
  const unavailable = (): Error =>
    new kernel.InterchangeError('ICX_KAFKA_UNAVAILABLE', 'no broker answered', { class: 'outage' })
  const timeoutMs = (): number => dice.between(30, 250)

  const send = (records: readonly OutboundRecord[]): Promise<readonly SendOutcome[]> =>
    new Promise((resolve) => {
      const fate = dice.sendFate()
      const what = `${records.length} to ${records[0]?.topic}/${records[0]?.partition}`
      const carryOut = (delayMs: number, then: (outcomes: readonly SendOutcome[]) => void): void => {
        broker.process.post(delayMs, () => void broker.append(records).then(then))
      }
      const answer = (outcomes: readonly SendOutcome[]): void => {
        process.post(latency(), () => resolve(outcomes))
      }
      const answerUnknown = (): void => {
        process.post(timeoutMs(), () => resolve(unknown(records)))
      }
      switch (fate) {
        case 'lost':
          fault('drop', `the request: ${what}`)
          answerUnknown()
          break
        case 'late':
          fault('reorder', `carried out after its timeout: ${what}`)
          answerUnknown()
          carryOut(dice.between(100, 400), () => undefined)
          break
        case 'answer-lost':
          carryOut(latency(), () => {
            fault('drop', `the answer: ${what}`)
            answerUnknown()
          })
          break
        case 'twice':
          carryOut(latency(), (outcomes) => {
            fault('duplicate', `carried out twice: ${what}`)
            answer(outcomes)
            carryOut(dice.between(0, 60), () => undefined)
          })
          break
        case 'through':
          carryOut(latency(), answer)
      }
    })

  const createConsumer = (options: ConsumerOptions): Promise<TransportConsumer> =>
    new Promise((resolve, reject) => {
      const told = memberEvents(options)
      member = told.member
      broker.process.post(latency(), () => {
        broker.memory.createConsumer(told.options).then(
          (inner) => {
            told.member.consumer = inner
            // It died on the way: the broker notices as it would with any other member.
            if (!process.alive) void broker.memory.crash(inner)
            const consumer = outer(options.group, inner)
            process.post(latency(), () => resolve(consumer))
          },
          (error) => process.post(latency(), () => reject(error)),
        )
      })
    })

  /** What the broker tells the member, sent through the network. */
  const memberEvents = (options: ConsumerOptions) => {
    const { group } = options
    const epochs = new Map<string, number>()
    let busyUntilMs = 0
    const inOrder = (run: () => void): void => {
      const { clock } = process
      busyUntilMs = Math.max(busyUntilMs, clock.now() + latency())
      process.post(busyUntilMs - clock.now(), run)
    }
    const each = (
      kind: 'assigned' | 'revoking' | 'revoked' | 'lost',
      partitions: readonly AssignedPartition[],
    ): void => {
      for (const { topic, partition, epoch } of partitions)
        note({ kind, process: process.name, group, topic, partition, epoch })
    }
    const deliver = (batch: RecordBatch): void => {
      const { topic, partition, epoch } = batch
      for (const record of batch.records) {
        const id = record.headers.text(kernel.ceHeaders.id) ?? ''
        note({ kind: 'deliver', process: process.name, group, topic, partition, epoch, offset: record.offset, id })
      }
      options.onBatch(batch)
      if (!dice.happens('reorder', 0.06)) return
      // A second answer to the same fetch: soon, or when the assignment is another one.
      process.post(dice.random() < 0.5 ? dice.between(0, 5) : dice.between(50, 800), () => {
        fault('reorder', `fetched again: ${topic}/${partition}/${batch.records[0]?.offset}`)
        options.onBatch(batch)
      })
    }
    const own: WireMember = {
      consumer: undefined,
      epochOf: (topic, partition) => epochs.get(`${topic}/${partition}`) ?? 0,
      get holdsAnything() {
        return epochs.size > 0
      },
      expired: false,
    }
    const wrapped: ConsumerOptions = {
      ...options,
      onBatch(batch) {
        for (const piece of pieces(batch)) inOrder(() => deliver(piece))
      },
      onAssigned(partitions) {
        own.expired = false
        inOrder(() => {
          epochs.clear()
          for (const { topic, partition, epoch } of partitions) epochs.set(`${topic}/${partition}`, epoch)
          each('assigned', partitions)
          options.onAssigned(partitions)
        })
      },
      onRevoked(partitions) {
        if (own.expired && dice.happens('zombie', 0.5)) {
          inOrder(() => each('lost', partitions))
          return undefined
        }
        return new Promise((resolve) =>
          inOrder(() => {
            each('revoking', partitions)
            const letGo = (): void => {
              each('revoked', partitions)
              broker.process.post(latency(), resolve)
            }
            void Promise.resolve(options.onRevoked(partitions)).then(letGo)
          }),
        )
      },
      onEnded: (error) => inOrder(() => options.onEnded(error)),
    }
    return { options: wrapped, member: own }
  }

  /** One fetch answer as several, so that more can happen in between. */
  const pieces = (batch: RecordBatch): RecordBatch[] => {
    const parts: RecordBatch[] = []
    for (let from = 0; from < batch.records.length; ) {
      const until = Math.min(batch.records.length, from + dice.between(1, 6))
      const last = until === batch.records.length
      const nextOffset = last ? batch.nextOffset : (batch.records[until]?.offset ?? batch.nextOffset)
      parts.push({ ...batch, records: batch.records.slice(from, until), nextOffset })
      from = until
    }
    return parts
  }

  const outer = (group: string, inner: TransportConsumer): TransportConsumer => ({
    pause: (partitions) => inner.pause(partitions),
    resume: (partitions) => inner.resume(partitions),
    seek: (partition, offset) => inner.seek(partition, offset),
    assignment: () => inner.assignment(),
    commit: (offsets) =>
      new Promise((resolve, reject) => {
        const fate = dice.commitFate()
        const refuse = (): void => {
          process.post(timeoutMs(), () => reject(unavailable()))
        }
        if (fate === 'lost') {
          fault('drop', 'a commit')
          refuse()
          return
        }
        broker.process.post(latency(), () => {
          inner.commit(offsets).then(
            (stale) => {
              for (const commit of offsets) {
                const refused = stale.some((one) => one.topic === commit.topic && one.partition === commit.partition)
                note({ kind: 'commit', process: process.name, group, ...commit, refused })
                if (!refused) broker.committed(group, commit, commit.offset)
              }
              if (fate === 'through') process.post(latency(), () => resolve(stale))
              else {
                fault('drop', 'the answer to a commit')
                refuse()
              }
            },
            () => refuse(),
          )
        })
      }),
    close: (deadlineMs) =>
      new Promise((resolve) => {
        broker.process.post(latency(), () => {
          void inner.close(deadlineMs).then(() => process.post(latency(), resolve))
        })
      }),
  })

  return {
    get member() {
      return member
    },
    transport: {
      driver: 'simulated',
      createProducer: async () => ({ send, close: async () => undefined }),
      createConsumer,
      createAdmin: () => broker.memory.createAdmin(),
      read: (ranges, options) => broker.memory.read(ranges, options),
    },
  }
}
