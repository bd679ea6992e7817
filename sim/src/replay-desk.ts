import { archivalRecord, type LetterSource, laneRecord, letterSources } from '@interchange/dead-letters'
import type { OutboundRecord, TransportRecord } from '@interchange/messaging'
import { itemTopic } from './item.ts'
import { derivedTopic, groupOfDerived, groupOfSource, sourceTopic } from './plan.ts'
import type { Scene } from './scene.ts'

/** The engineer who sends letters back, or archives them where they hold their key, as dlq-replay writes it. */
export interface ReplayDesk {
  /** Nothing is left to be sent or archived. */
  readonly isOver: boolean
}

/** A letter that has been sent back so often is left alone. */
const replaysMax = 2

export const startReplayDesk = ({ kernel, world, plan, dice, broker, note }: Scene): ReplayDesk => {
  const process = world.spawn('engineer')
  const sources = letterSources([
    { ...itemTopic(sourceTopic, plan.partitions), groups: [groupOfSource] },
    { ...itemTopic(derivedTopic, plan.partitions), groups: [groupOfDerived] },
  ])
  let count = 0
  let left = 0

  /** Until the broker has it; a lost answer makes two of it. */
  const send = (record: OutboundRecord, sent: () => void): void => {
    broker.process.post(dice.latencyMs(), () => {
      void broker.append([record]).then(([outcome]) => {
        if (outcome?.status !== 'ok' || dice.happens('duplicate', 0.1)) {
          process.post(dice.between(20, 200), () => send(record, sent))
          return
        }
        sent()
        left--
      })
    })
  }

  const sendBack = (source: LetterSource, letter: TransportRecord): void => {
    const replayId = `replay-${++count}`
    left++
    note({ kind: 'replay', replayId, phase: 'invoke' })
    process.post(dice.between(0, 300), () =>
      send(laneRecord(source, letter, replayId, world.nowMs), () => note({ kind: 'replay', replayId, phase: 'sent' })),
    )
  }

  const archive = (source: LetterSource, letter: TransportRecord): void => {
    left++
    process.post(dice.between(0, 300), () => {
      const facts = kernel.letterFacts(letter.headers)
      const offset = Number(facts.get(kernel.deadLetterHeaders.offset))
      note({ kind: 'archive', topic: source.topic.name, partition: letter.partition, offset })
      send(archivalRecord(source, letter, world.nowMs), () => undefined)
    })
  }

  broker.watchLetters((letter) => {
    const source = sources.find(({ deadLetterTopic }) => deadLetterTopic === letter.topic)
    const replays = Number(kernel.letterFacts(letter.headers).get(kernel.deadLetterHeaders.replays))
    if (source === undefined) return
    if (replays < replaysMax && dice.random() < plan.replayChance) sendBack(source, letter)
    else if (plan.holds && source.group === groupOfDerived) archive(source, letter)
  })

  return {
    get isOver() {
      return left === 0
    },
  }
}
